"""The page Ask: a product, two or more models, a question, and answers that stream into columns."""

"""Whether texts support a claim: what the scores of answers and grounded answers go by. Knows no answers."""

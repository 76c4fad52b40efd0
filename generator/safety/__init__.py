"""What to look at twice in an answer: patterns, lists, and a model that judges."""

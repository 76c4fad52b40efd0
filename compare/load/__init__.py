"""How many people a model serves at once. Knows answers' times; knows nothing of their words."""

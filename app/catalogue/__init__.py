"""The page Models: what can be asked or had, what it takes, what is in memory, and what is under way."""

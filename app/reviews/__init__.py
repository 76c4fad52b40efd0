"""The page Reviews: products, their ratings, what a search finds; review files brought in."""

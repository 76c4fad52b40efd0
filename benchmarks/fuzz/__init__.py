"""Hostile files, made by the hundred thousand from valid ones: what the readers of files do with them."""

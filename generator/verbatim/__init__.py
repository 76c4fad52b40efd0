"""Answers of the reviews' own sentences: chosen by number, by a model or without one, and pasted."""

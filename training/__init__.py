"""Demo models of a few megabytes, trained from the project's own synthetic text. Not installed with it."""

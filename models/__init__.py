"""Model files: where they lie, what their headers say, how much memory they will take. Knows no reviews."""

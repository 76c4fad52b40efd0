"""A run at work: models asked, answers judged, all of it resumable. Knows no statistics."""

"""Every answer in PostgreSQL, and out of it again. Knows answers; knows nothing of how they come about."""

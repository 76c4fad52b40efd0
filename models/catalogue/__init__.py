"""Models by name: the catalogue's and the configured ones, and what is known of each without its file."""

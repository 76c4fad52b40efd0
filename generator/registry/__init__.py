"""Several models at the same time: who is in memory, and whose turn it is."""

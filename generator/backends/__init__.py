"""What answers for a Generator: a process of ours, or a server; the same events from each."""

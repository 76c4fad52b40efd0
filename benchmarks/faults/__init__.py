"""What breaks, broken on purpose, and what is left afterwards: `python -m benchmarks.faults`."""

"""What `make reference` runs: the pages of docs/reference, written from the code that they describe."""

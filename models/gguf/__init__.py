"""GGUF files, by what their headers say: read, checked, put in words, written."""

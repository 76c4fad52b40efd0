"""One GGUF model in llama.cpp: what runs in the process that holds it. Knows tokens and texts, no reviews."""

"""Tiny GGUF files with random weights: real files for llama.cpp, without a download."""

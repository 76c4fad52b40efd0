"""How much memory a model will take, and whether this machine has it; known before anything is loaded."""

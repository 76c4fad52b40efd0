"""Questions and passages become prompts that fit their model. Knows budgets of tokens; knows no model."""

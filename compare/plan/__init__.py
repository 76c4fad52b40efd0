"""What a run is to ask: contestants, products and questions, chosen and fixed. Knows no answers."""

"""What a run will take, told before it begins. Knows plans; asks no model."""

"""What can be asked of a model: its inputs, their check, their price. Replicate's schema layout in, typed fields out."""

"""What can be asked of a model: its inputs, what they may be, what they cost."""

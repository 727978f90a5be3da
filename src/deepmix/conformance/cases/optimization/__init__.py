"""The cases of optimization."""

"""The cases of inverse."""

"""The cases of networks."""

"""The cases of mixtures."""

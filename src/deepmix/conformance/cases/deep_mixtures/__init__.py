"""The cases of deep mixtures."""

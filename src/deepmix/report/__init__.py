"""Figures, and the page of a result."""

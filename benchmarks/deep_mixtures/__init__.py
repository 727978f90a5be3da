"""Benchmarks of deep mixtures."""

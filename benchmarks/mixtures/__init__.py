"""Benchmarks of mixtures."""

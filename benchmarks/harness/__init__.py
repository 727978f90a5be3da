"""Benchmarks of harness."""

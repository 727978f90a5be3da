"""Benchmarks of `tomography`."""

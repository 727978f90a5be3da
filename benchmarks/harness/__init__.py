"""What all benchmarks share: data, timing, limits of the machine, tables and records."""

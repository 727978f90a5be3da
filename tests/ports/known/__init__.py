"""Programs that people use, as ports: an adapter and a file of the cases in which each differs, and why."""

"""The compiled functions of `accelerated` as the compiler sees them, over flat arrays of fixed shapes."""

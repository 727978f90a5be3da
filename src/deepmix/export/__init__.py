"""The compiled functions of `accelerated` as programs over flat arrays of fixed shapes."""

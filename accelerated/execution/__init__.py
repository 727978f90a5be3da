"""How things run on a device: arrays that compile well, lanes side by side."""

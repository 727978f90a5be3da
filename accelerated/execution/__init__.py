"""How functions run on a device: arrays that compile well, loops side by side."""

"""The main job: an image in, labels out."""

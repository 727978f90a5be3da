"""The cases of tomography."""

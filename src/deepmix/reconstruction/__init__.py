"""The front door of reconstruction: files and settings, a backend's function, an image with its report."""

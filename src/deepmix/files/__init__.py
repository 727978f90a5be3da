"""Files in and out: images, label maps, tables, folders of results."""

"""Reading and writing: images, label maps, tables, folders of results."""

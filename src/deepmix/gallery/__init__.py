"""A folder of results as one self-contained page: `page.write`."""

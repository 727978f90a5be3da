"""How Sphinx builds the pages: `python -m sphinx -W docs pages` (extra `docs`)."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for docstrings.py and links.py

project = "deepmix"
author = copyright = "deepmix developers"
version = release = version_of("deepmix")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "docstrings",
    "links",
]
templates_path = ["_templates"]
myst_heading_anchors = 3  # links name headings as GitHub does
autodoc_member_order = "bysource"
add_module_names = False
highlight_language = "none"
autosummary_ignore_module_all = False  # modules say what they hold; what they import is not theirs

html_theme = "pydata_sphinx_theme"
html_title = "deepmix"
html_show_sourcelink = False  # many a page is included from elsewhere
html_sidebars = {"**": ["contents.html"]}
html_theme_options = {"navbar_center": [], "show_toc_level": 2, "navigation_with_keys": False}

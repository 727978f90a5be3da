"""Links and figures of the pages lead to what is there."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, PAGES, ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
FIGURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_what_is_there(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name}: {link}"
        assert there == page or there.is_relative_to(ROOT), f"{page.name}: {link}"
        assert not anchor or anchor in anchors(there), f"{page.name}: {link}"


def test_the_script_makes_the_figures_in_docs():
    figures = {figure for page in PAGES for figure in FIGURE.findall(page.read_text(encoding="utf-8"))}
    script = (DOCS / "figures.py").read_text(encoding="utf-8")
    made = {path.name for path in DOCS.glob("*.png")}
    assert made
    for name in made:
        assert name in script
        assert any(Path(figure).name == name for figure in figures), f"no page shows {name}"

"""Links as the pages have them: what GitHub finds by its path has a page of its own here, or is named alone."""

import re
from pathlib import Path

from sphinx.application import Sphinx

DOCS = Path(__file__).parent
ROOT = DOCS.parent
LINK = re.compile(r"\[([^\[\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
# What lies elsewhere and is included in a page.
INCLUDED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "reference/README.md": "equations/index.md",
    "src/deepmix/conformance/FORMAT.md": "format.md",
    **{
        f"reference/{path.parent.name}/README.md": f"equations/{path.parent.name}.md"
        for path in (ROOT / "reference").glob("*/README.md")
    },
}
# An equation's label: where its page defines it, and where it is cited.
LABEL = re.compile(r"^\*\*\[([A-Z]{1,3}\d+)\]\*\*|\[([A-Z]{1,3}\d+)\](?!\()", re.MULTILINE)
KEPT = {".json", ".png"}  # files to look at, which are copied beside the pages


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("source-read", _of_page)
    app.connect("include-read", _of_included)
    return {"parallel_read_safe": True}


def _of_page(app: Sphinx, docname: str, content: list[str]) -> None:
    content[0] = _renewed(content[0], (DOCS / docname).parent)


def _of_included(app: Sphinx, path: Path, docname: str, content: list[str]) -> None:
    source = (DOCS / path).resolve()
    content[0] = _renewed(content[0], source.parent)
    if source.is_relative_to(ROOT / "reference"):
        content[0] = LABEL.sub(_linked, content[0])


def _linked(match: re.Match) -> str:
    """A label as a place to link to, or as a link there."""
    defined, cited = match.groups()
    return f"({defined.lower()})=\n{match[0]}" if defined else f"[{match[0]}](#{cited.lower()})"


def _renewed(text: str, folder: Path) -> str:
    """A text whose links begin at the folder docs. folder: where the links of the text begin."""

    def link(match: re.Match) -> str:
        said, path, anchor = match.groups()
        target = (folder / path).resolve()
        if not target.exists():  # an address
            return match[0]
        inside = target.relative_to(ROOT).as_posix()
        if (page := INCLUDED.get(inside)) or target.is_relative_to(DOCS):
            return f"[{said}](/{page or target.relative_to(DOCS).as_posix()}{anchor or ''})"
        return f"[{said}](/../{inside})" if target.suffix in KEPT else said

    return LINK.sub(link, text)

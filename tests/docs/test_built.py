"""The pages as Sphinx builds them (extra `docs`): whole, without warnings, with every public name."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import deepmix.accelerated
import deepmix.reference
from tests.docs.pages import ROOT
from tests.structure import modules, public_functions


class Page(HTMLParser):
    """What a page links to, what it loads, and the places in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links, self.loaded, self.places = [], [], {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value for name, value in attributes if value}
        self.places.add(found.get("id", ""))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src", "href") if tag != "a" and name in found]


def broken(pages: dict[Path, Page]) -> list[str]:
    """Links within the pages that lead nowhere."""
    found = []
    for path, page in pages.items():
        for link in (*page.links, *page.loaded):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            places = pages[target].places if target in pages else {unquote(parts.fragment)}
            if not target.exists() or unquote(parts.fragment) not in places:
                found.append(f"{path.name}: {link}")
    return found


def remote(pages: dict[Path, Page]) -> list[str]:
    """What pages load from the network."""
    return [link for page in pages.values() for link in page.loaded if urlsplit(link).netloc]


def undocumented(folder: Path) -> list[str]:
    """Public functions of both backends that the API does not name."""
    from sphinx.util.inventory import InventoryFile

    known = InventoryFile.loads((folder / "objects.inv").read_bytes(), uri="").data["py:function"]
    return [
        name
        for package in (deepmix.reference, deepmix.accelerated)
        for path, module in modules(package).items()
        for function in public_functions(module)
        if not path.rpartition(".")[2].startswith("_")
        and (name := f"{package.__name__}.{path}.{function}") not in known
    ]


def test_the_pages_are_whole(tmp_path):
    pytest.importorskip("sphinx")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    built = [path for path in sorted(tmp_path.rglob("*.html")) if "_static" not in path.parts]
    pages = {path: Page(path) for path in built}
    assert len(pages) > 50
    assert broken(pages) == []
    assert remote(pages) == []
    assert undocumented(tmp_path) == []
    of_em = pages[tmp_path / "api" / "deepmix.reference.mixtures.gmm.html"]
    assert "../equations/mixtures.html#em1" in of_em.links

"""What stands in several files is the same in all of them."""

import re
import tomllib

from deepmix.reference import SPECIFICATION
from tests.docs.pages import DOCS, PAGES, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation
    assert f"\nlicense: {PROJECT['license']}\n" in citation
    assert "2404.12252" in citation


def test_the_change_log_begins_with_this_version():
    first = re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert first[1] == PROJECT["version"]


def test_the_change_log_knows_the_specification():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version of their own, now {SPECIFICATION}," in changes


def test_the_workflow_does_what_must_hold():
    workflow = (ROOT / ".github" / "workflows" / "checks.yml").read_text(encoding="utf-8")
    assert re.findall(r"run: (.*)", workflow) == [".ci/run"]
    least = re.fullmatch(r">=(\S+)", PROJECT["requires-python"])[1]
    assert f'python-version: "{least}"' in workflow


def test_the_install_page_tells_of_every_extra():
    table = (DOCS / "install.md").read_text(encoding="utf-8")
    for extra in PROJECT["optional-dependencies"]:
        assert f"`{extra}`" in table, extra


def test_the_pages_name_the_libraries_that_are_oracles():
    for page in (DOCS / "install.md", ROOT / "CONTRIBUTING.md"):
        rows = page.read_text(encoding="utf-8").splitlines()
        row = next(each for each in rows if each.startswith(("| `oracles`", "| `pytest -m oracles")))
        said = re.sub("[^a-z]", "", row.lower())
        for each in PROJECT["optional-dependencies"]["oracles"]:
            assert re.match("[a-z]+(-[a-z]+)?", each)[0].replace("-", "") in said, f"{page.name}: {each}"


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 160


def test_every_page_is_linked():
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in PAGES
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
    only_built = {DOCS / name for name in ("index.md", "changelog.md", "contributing.md", "format.md")}
    assert {page for page in PAGES if page not in linked} <= only_built


def test_ci_finds_the_test_command():
    after = README.split("<!-- test command -->")[1]
    command = next(line for line in after.splitlines() if line.startswith("python3"))
    assert command.endswith(".venv/bin/python -m pytest -q -n 2")

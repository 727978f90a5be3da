"""What pyproject.toml says is installed is what there is: no package of the tree is forgotten."""

import importlib
import tomllib
from pathlib import Path

from tests.structure import ROOT

HOMES = {"deepmix": "src/deepmix", "deepmix.reference": "reference", "deepmix.accelerated": "accelerated"}


def packages_of(name: str, folder: Path) -> set[str]:
    """The package in a folder and those below it."""
    places = {path.parent for path in folder.rglob("*.py")}
    assert places, f"{folder} holds no package"
    return {".".join((name, *place.relative_to(folder).parts)) for place in places}


def test_every_package_is_installed():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert setuptools["package-dir"] == HOMES
    there = set().union(*(packages_of(name, ROOT / folder) for name, folder in HOMES.items()))
    assert set(setuptools["packages"]) == there
    for name, folder in HOMES.items():
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), f"{name}: {path.parent} is no package"


def test_every_subject_offers_its_modules():
    for home in ("reference", "accelerated"):
        for path in (ROOT / home).glob("*/__init__.py"):
            there = {each.stem for each in path.parent.glob("*.py") if not each.stem.startswith("_")}
            subject = importlib.import_module(f"deepmix.{home}.{path.parent.name}")
            if path.parent.name != "execution":  # no subject: how things run
                assert set(subject.__all__) == there, path

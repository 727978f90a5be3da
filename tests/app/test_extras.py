"""A library that is too old, or missing, is said in one line when the command starts."""

import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from deepmix import cli, extras
from tests.app.cli.test_cli import Command, run  # noqa: F401

ROOT = Path(__file__).parents[2]
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "optional-dependencies"
]["app"]


@pytest.fixture
def versions(monkeypatch) -> dict[str, str | None]:
    """Versions instead of those that are installed; None: it is not."""
    instead, real = {}, metadata.version

    def version(name: str) -> str:
        if instead.get(name, "") is None:
            raise metadata.PackageNotFoundError(name)
        return instead.get(name) or real(name)

    monkeypatch.setattr(extras, "version", version)
    return instead


def test_what_is_checked_is_what_is_declared():
    needed = extras._needed("app")
    assert len(needed) > 5
    assert sorted(f"{name}>={least}" for name, least in needed) == sorted(DECLARED)


def test_what_is_installed_will_do():
    assert extras.trouble() == ""


@pytest.mark.parametrize("found", ["0.9.4", "0.14.99", "0.9rc1"])
def test_a_library_that_is_too_old_is_named(found, versions):
    versions["typer"] = found
    needs = f"the command needs typer>=0.15 (found {found})"
    assert extras.trouble() == f"{needs}; install with: pip install 'deepmix[app]'"


@pytest.mark.parametrize("found", ["0.15", "0.15.1", "0.100", "1", "0.15.2rc1", "0.16.dev3+local"])
def test_one_that_is_new_enough_is_not(found, versions):
    versions["typer"] = found
    assert extras.trouble() == ""


def test_of_other_extras_what_is_missing_is_no_trouble_and_what_is_too_old_is(versions):
    versions["jax"] = versions["grain"] = None
    assert extras.trouble() == ""
    versions["jax"] = "0.4.38"
    needs = "the command needs jax>=0.8 (found 0.4.38)"
    assert extras.trouble() == f"{needs}; install with: pip install 'deepmix[accelerated]'"


def test_all_that_is_wrong_is_said_at_once(versions):
    versions |= {"typer": "0.9", "psutil": None}
    assert "needs typer>=0.15 (found 0.9), psutil>=5.9 (missing); install" in extras.trouble()


# What libraries of another version do: the command line's at once, those of files when they are used.
FAILURES = [
    AttributeError("module 'rich' has no attribute 'x'"),
    RuntimeError("Type not yet supported"),
    ImportError("x"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
def test_a_failure_of_a_library_that_is_too_old_is_one_line(failure, versions, run, monkeypatch):  # noqa: F811
    def fail(*given, **named):
        raise failure

    monkeypatch.setattr("deepmix.cli.app.app", fail)
    versions["nibabel"] = "4.0.2"
    code, out, err = run("--version")
    assert (code, out) == (2, "")
    assert err == (
        "deepmix: the command needs nibabel>=5.3 (found 4.0.2); install with: pip install 'deepmix[app]'\n"
    )


def test_other_failures_stay_what_they_are(monkeypatch):
    def fail():
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("deepmix.cli.app.app", fail)
    with pytest.raises(RuntimeError, match="a fault of ours"):
        cli.main()


@pytest.mark.parametrize("text", ['typer>=0.15; extra == "app"', "typer (>=0.15) ; extra == 'app'"])
def test_a_requirement_as_old_and_new_tools_write_it(text, monkeypatch):
    monkeypatch.setattr(extras, "requires", lambda name: ["numpy>=2.0", text, 'jax>=0.8; extra == "accelerated"'])
    assert extras._needed("app") == [("typer", "0.15")]


def test_without_metadata_nothing_is_known_to_be_wrong(monkeypatch):
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(extras, "requires", requires)
    assert extras.trouble() == ""

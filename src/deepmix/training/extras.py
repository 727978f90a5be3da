"""The libraries that training needs beside the base install."""

from importlib.util import find_spec


def check() -> None:
    """Raise ImportError, saying what to do, if a library of the extra `train` is missing."""
    if missing := [name for name in ("grain", "orbax") if find_spec(name) is None]:
        raise ImportError(f"training needs {' and '.join(missing)}; install with: pip install 'deepmix[train]'")

"""A module as a port: where its functions are."""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import deepmix.reference

from .tolerances import DTYPES


class Port(NamedTuple):
    """A module that offers some of the functions of `reference` under their names, as `mixtures.gmm.e_step`.

    adapter: its submodule `conformance`, if it has one: what stands there is taken first, for functions
        that the module itself has in another form. It may also hold `session(dtype)`, a context manager
        round all calls in one dtype.
    """

    module: ModuleType | SimpleNamespace
    adapter: ModuleType | SimpleNamespace | None

    def find(self, name: str) -> Callable[..., Any] | None:
        """The function of that name, the adapter's before the module's; None if there is none."""
        places = (place for place in (self.adapter, self.module) if place is not None)
        return next((found for place in places if (found := _get(place, name)) is not None), None)

    def function(self, name: str) -> Callable[..., Any]:
        """The function of that name. Raises NotImplementedError if there is none."""
        function = self.find(name)
        if function is None:
            raise NotImplementedError(f"there is no {name}")
        return function

    @contextmanager
    def session(self, dtype: str) -> Iterator[None]:
        """What surrounds the calls in one dtype. Raises ImportError, in one line, if it does not come about.

        Then nothing was tried, which says nothing of whether the port conforms.
        """
        session = getattr(self.adapter, "session", None)
        with ExitStack() as opened:
            try:
                opened.enter_context(nullcontext() if session is None else session(dtype))
            except Exception as error:  # whatever a port raises
                reason = " ".join(str(error).split()) or type(error).__name__
                raise ImportError(f"{self.module.__name__} could not be tried in {dtype}: {reason}") from error
            yield

    def dtypes(self) -> tuple[str, ...]:
        """The dtypes that the module says it computes in (`DTYPES`), else all. Raises ValueError for others."""
        said = getattr(self.module, "DTYPES", DTYPES)
        if isinstance(said, str) or not said or not set(said) <= set(DTYPES):
            raise ValueError(f"DTYPES of the module must be some of {DTYPES}, got {said!r}")
        return tuple(said)

    def regularizer(self, named: dict[str, Any]) -> tuple[Callable[..., Any], float]:
        """A regulariser (the module's own, in the form that its `deep_mixtures` take) and its strength."""
        function = _get(self.module, f"deep_mixtures.regularizers.{named['name']}")
        if function is None:
            raise NotImplementedError(f"there is no deep_mixtures.regularizers.{named['name']}")
        fixed = {name: value for name, value in named.items() if name not in ("name", "strength")}
        return partial(function, **fixed), named["strength"]


def load(name: str) -> Port:
    """The port in an importable module. Raises ImportError, in one line, if it cannot be imported."""
    if "/" in name or "\\" in name or name.startswith("."):
        raise ImportError(f"{name} is a file; name the module: {Path(name).stem}")
    module = _import(name)
    return Port(module=module, adapter=_child(module, "conformance"))


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise
    except (Exception, SystemExit) as error:
        raise ImportError(f"{name} cannot be imported: {one_line(error)}") from error


def one_line(error: BaseException) -> str:
    """Kind and text of an exception, and the line of its last frame in a file that is not installed."""
    others = ("site-packages", "importlib", str(Path(__file__).parent), "<")
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not any(each in frame.filename for each in others)]
    where = f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""
    return " ".join(f"{type(error).__name__}: {error}".split()) + where


def load_folder(folder: str | Path, name: str) -> ModuleType:
    """A copy of the reference in a folder, loaded under another name.

    Its records are the reference's own: by their classes functions know what they are given.
    """
    path = Path(folder, "__init__.py")
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(folder)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    for records in Path(folder).glob("*/records.py"):
        shared = f"{records.parent.name}.records"
        sys.modules[f"{name}.{shared}"] = importlib.import_module(f"deepmix.reference.{shared}")
    spec.loader.exec_module(package)
    return package


def nested(functions: Mapping[str, Callable[..., Any]]) -> SimpleNamespace:
    """Functions by their full names as a module has them: `mixtures.gmm.e_step`."""
    whole = SimpleNamespace()
    for name, function in functions.items():
        *path, last = name.split(".")
        place = whole
        for part in path:
            place = vars(place).setdefault(part, SimpleNamespace())
        setattr(place, last, function)
    return whole


def _get(place: Any, name: str) -> Any:
    for part in name.split("."):
        place = _child(place, part)
    return place


def _child(place: Any, name: str) -> Any:
    """An attribute, or a submodule that has not been imported yet; None if there is neither."""
    if not hasattr(place, name) and hasattr(place, "__path__"):
        full = f"{place.__name__}.{name}"
        try:
            return _import(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
    return getattr(place, name, None)


REFERENCE = Port(module=deepmix.reference, adapter=None)

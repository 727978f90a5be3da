"""A function as a program: lowered by `jax.export`, and written to a folder."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.export

from deepmix.conformance import descriptions, flat, ports, selection, vectors
from deepmix.conformance.calling import call
from deepmix.conformance.examples import Sizes
from deepmix.conformance.operations import OPERATIONS
from deepmix.conformance.ports import Port
from deepmix.files.outputs import versions, write_report
from deepmix.reference import SPECIFICATION

from .arguments import Arguments, arguments
from .loops import LOOPS

MANIFEST = "manifest.json"


class Program(NamedTuple):
    """A function over flat arrays, lowered.

    exported: takes the arrays of `description["arguments"]` in order and returns a dict of the arrays of
        `description["results"]`, by name. description: what arguments.json says.
    """

    exported: jax.export.Exported
    description: dict[str, Any]


def lower(name: str, given: dict[str, Any], platforms: Iterable[str]) -> Program:
    """Lower a function, for all platforms together; this machine need not have them.

    Float64 needs JAX's x64 mode. given: the arguments by name, as the twin in `reference` takes them; of arrays,
    only shape and dtype matter, and all other arguments are static.
    """
    operation, port = OPERATIONS[name], _port(name)
    arrays, options = flat.flatten(vectors.defaults(operation) | given)

    def program(*values: jax.Array) -> dict[str, jax.Array]:
        inputs: dict[str, Any] = dict(zip(arrays, values, strict=True))
        return flat.named(call(port, operation, inputs, options or {}))

    program.__name__ = name.replace(".", "_")  # of the module in StableHLO
    shapes = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays.values()]
    compiled = jax.jit(program, keep_unused=True)
    with _without_sources():
        exported = jax.export.export(compiled, platforms=tuple(platforms))(*shapes)
    results = jax.tree.unflatten(exported.out_tree, exported.out_avals)
    description = {
        "function": name,
        "equations": list(operation.equations),
        "platforms": list(exported.platforms),
        "jax": jax.__version__,
        "options": options or {},
        "arguments": _described(dict(zip(arrays, shapes, strict=True))),
        "results": _described(results),
    }
    return Program(exported=exported, description=description)


def _port(name: str) -> Port:
    """The port of `accelerated`, but without checks on the host."""
    port = ports.load("deepmix.accelerated")
    return Port(module=port.module, adapter=ports.nested({name: LOOPS[name]})) if name in LOOPS else port


@contextmanager
def _without_sources() -> Iterator[None]:
    """Leave the paths of source files out of programs, which are then the same wherever deepmix is installed."""
    config: Any = jax.config
    before = config.jax_traceback_in_locations_limit
    config.update("jax_traceback_in_locations_limit", 0)
    try:
        yield
    finally:
        config.update("jax_traceback_in_locations_limit", before)


def _described(arrays: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "dtype": str(array.dtype), "shape": list(array.shape)} for name, array in arrays.items()
    ]


def chosen(sizes: Sizes, dtype: str, only: Iterable[str]) -> Arguments:
    """The arguments of the functions that match a pattern, or of all if there are no patterns.

    Raises ValueError if no function matches.
    """
    only = tuple(only) or ("*",)
    given = arguments(sizes, dtype)
    found = {name: each for name, each in given.items() if any(fnmatchcase(name, pattern) for pattern in only)}
    if not found:
        raise ValueError(selection.nobody(only))
    return found


def write(folder: Path, functions: Arguments, dtype: str, platforms: Iterable[str]) -> Iterator[str]:
    """Lower functions and write them to a folder; yields the name of each once it is written."""
    platforms = tuple(platforms)
    with ports.load("deepmix.accelerated").session(dtype):
        for name, given in functions.items():
            exported, description = lower(name, given, platforms)
            place = folder / name
            place.mkdir()
            (place / "program.stablehlo.mlir").write_text(exported.mlir_module(), encoding="utf-8")
            (place / "program.jax_export").write_bytes(exported.serialize())
            descriptions.write_json(place / "arguments.json", description)
            yield name


def write_manifest(
    folder: Path, functions: Iterable[str], sizes: Sizes, dtype: str, platforms: Iterable[str]
) -> None:
    """Write manifest.json, which lists what a folder of programs holds."""
    about = {"functions": list(functions), "sizes": sizes._asdict(), "dtype": dtype, "platforms": list(platforms)}
    write_report(folder, about | {"specification": SPECIFICATION, "versions": versions()}, MANIFEST)

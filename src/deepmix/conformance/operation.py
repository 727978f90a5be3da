"""What is declared of a function: all that the kit, its pages, the export and the twin's adapter know of it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .examples import Shapes
from .tolerances import BACKWARD, Rule


class Operation(NamedTuple):
    """A public function of `reference`, declared beside its cases; `<subject>.<algorithm>.` goes before its name.

    name: of the function. equations: labels of the subject's README.md.
    result: names of what it returns, in order; a record's fields stand below its name.
    rule: how close the floating outputs must come (integers and booleans: exactly).
    rules: other rules for single outputs, by name.
    pullback: where it returns (value, pullback), the names of the gradients that the pullback returns: those at
        its first arguments. The case has a `cotangent` among its inputs; the gradients stand below `pullback/`.
    optional: whether `--require all` does not ask for it, since a port may do without: a helper, or a part of the
        hand-written gradient that automatic differentiation replaces. Such a function has no twin.
    form: in which form the twin is called, a word of the table in `accelerated/conformance.py`.
    static: arguments of the twin that are part of the compiled program, besides words, flags and counts (`str`,
        `bool` and `int` in the reference's signature).
    notes: what FORMAT.md says of arguments and outputs behind their names, such as shapes.
    example: arguments to export the function with, besides those that `Shapes.named` knows.
    not_exported: why it is no program of its own.
    """

    name: str
    equations: tuple[str, ...]
    result: tuple[str, ...]
    rule: Rule = BACKWARD
    rules: Mapping[str, Rule] = MappingProxyType({})
    pullback: tuple[str, ...] = ()
    optional: bool = False
    form: str = "compiled"
    static: tuple[str, ...] = ()
    notes: Mapping[str, str] = MappingProxyType({})
    example: Callable[[Shapes], dict[str, Any]] = lambda shapes: {}
    not_exported: str = ""

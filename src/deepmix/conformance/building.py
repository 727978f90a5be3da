"""Which functions of the reference build on which: what their sources name, directly or by way of helpers."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

from .order import Uses, bottom_up


def uses(folder: Path | str, functions: Collection[str]) -> Uses:
    """Of each function, `<subject>.<algorithm>.<name>`, which others of them it builds on."""
    named = {
        name: each for path in sorted(Path(folder).glob("*/*.py")) for name, each in _definitions(path).items()
    }
    return {name: set(_reached(name, named, functions)) for name in functions}


def levels(uses: Uses) -> dict[str, int]:
    """How many functions stand below each at most, one upon the other: 0 for one that needs no other."""
    found: dict[str, int] = {}
    for name in bottom_up(uses):
        found[name] = 1 + max((found[each] for each in uses[name]), default=-1)
    return found


def _reached(name: str, named: Uses, functions: Collection[str]) -> Iterator[str]:
    """The functions that a name leads to; helpers are passed through, functions are not."""
    seen, waiting = {name}, sorted(named.get(name, ()))
    while waiting:
        each = waiting.pop()
        if each in seen:
            continue
        seen.add(each)
        if each in functions:
            yield each
        else:
            waiting.extend(named.get(each, ()))


def _definitions(path: Path) -> Uses:
    """What each function, class or constant of a module names of this package's subjects, by full name."""
    module = f"{path.parent.name}.{path.stem}"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {name: node for node in tree.body for name in _defined(node)}
    scope = {name: f"{module}.{name}" for name in found} | dict(_imported(tree, path))
    return {f"{module}.{name}": set(_named(node, scope)) for name, node in found.items()}


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (each.id for each in targets if isinstance(each, ast.Name))


def _imported(tree: ast.Module, path: Path) -> Iterator[tuple[str, str]]:
    """Names in a module and what they stand for, of relative imports; all imports of the reference are."""
    place = [path.parent.name, path.stem]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*place[: len(place) - node.level], *(node.module.split(".") if node.module else [])]
            yield from ((alias.asname or alias.name, ".".join([*base, alias.name])) for alias in node.names)


def _named(node: ast.stmt, scope: dict[str, str]) -> Iterator[str]:
    """By name, or as an attribute of a module; arguments and variables of a function hide what they are called."""
    own = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
    own |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    seen = {name: full for name, full in scope.items() if name not in own}
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and each.id in seen:
            yield seen[each.id]
        elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in seen:
            yield f"{seen[each.value.id]}.{each.attr}"

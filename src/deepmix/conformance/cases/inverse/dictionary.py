"""Dictionaries of patches [IP14]: their parts, steps and short runs."""

from collections.abc import Iterator

import numpy as np

from deepmix.conformance.drawing_inverse import draw_array
from deepmix.conformance.operation import Operation
from deepmix.reference.inverse import dictionary

from ..case import Case, generator
from ._problem import Arguments
from .linear import FACTORISED

OPERATIONS = (
    Operation(
        name="patches",
        equations=("IP14",),
        result=("pieces",),
        notes={"image": "(H, W)", "pieces": "((H − side + 1)(W − side + 1), side²)"},
        example=lambda shapes: {"image": shapes.mask, "side": 4},
    ),
    Operation(
        name="assemble",
        equations=("IP14",),
        result=("sum",),
        notes={"image": "(only the shape counts)", "sum": "(H, W)"},
        example=lambda shapes: {
            "pieces": dictionary.patches(shapes.mask, 4),
            "image": shapes.mask,
            "side": 4,
        },
    ),
    Operation(
        name="renew",
        equations=("IP14",),
        result=("atoms",),
        notes={"codes": "(n, atoms)", "signals": "(n, pixels)"},
        example=lambda shapes: {
            "atoms": shapes.array(8, 16),
            "codes": shapes.array(shapes.n, 8),
            "signals": shapes.array(shapes.n, 16),
        },
    ),
    Operation(
        name="begin",
        equations=("IP14",),
        result=("state",),
        notes={"atoms": "(atoms, side²)", "image": "(H, W)"},
        example=lambda shapes: {
            "atoms": shapes.array(8, 16),
            "image": shapes.mask,
            "strength": shapes.array(),
            "sparsity": shapes.array(),
        },
    ),
    Operation(name="step", equations=("IP14", "IP8"), result=("state",), not_exported=FACTORISED),
    Operation(
        name="objective",
        equations=("IP14",),
        result=("value",),
        notes={"codes": "(patches, atoms)", "image": "(H, W)", "atoms": "(atoms, side²)"},
        example=lambda shapes: {
            "codes": shapes.array(len(dictionary.patches(shapes.mask, 4)), 8),
            "image": shapes.mask,
            "atoms": shapes.array(8, 16),
            "sparsity": shapes.array(),
        },
    ),
    Operation(
        name="encode",
        equations=("IP14", "IP8"),
        result=("coded",),
        notes={"image": "(H, W)", "atoms": "(atoms, side²)"},
        not_exported=FACTORISED,
    ),
    Operation(
        name="denoise",
        equations=("IP14",),
        result=("fit",),
        form="as_it_is",
        notes={"image": "(H, W)", "atoms": "(atoms, side²)"},
        not_exported=FACTORISED,
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Atoms that are taken and one that is not; one patch alone."""
    rng = generator("dictionary")
    image, atoms = draw_array(rng, (5, 6)), draw_array(rng, (4, 9)) / 3
    pieces = draw_array(rng, (12, 9))
    yield Case(function="patches", name="typical", arguments={"image": image, "side": 3})
    yield Case(function="patches", name="whole", arguments={"image": image[:, :5], "side": 5})
    yield Case(function="assemble", name="typical", arguments={"pieces": pieces, "image": image, "side": 3})
    codes = draw_array(rng, (12, 4)) * (rng.random((12, 4)) < 0.5)
    idle = codes * (np.arange(4) != 2)
    for name, each in {"typical": codes, "idle_atom": idle, "short_atoms": 10 * codes}.items():
        given = {"atoms": atoms, "codes": each, "signals": pieces}
        yield Case(function="renew", name=name, arguments=given)
    posed = {"image": image, "strength": 0.5, "sparsity": 0.3}
    yield Case(function="begin", name="typical", arguments={"atoms": atoms} | posed)
    state = dictionary.begin(atoms, image, 0.5, 0.3)
    yield Case(function="step", name="first", arguments={"state": state, "n_code_steps": 3} | posed)
    state = dictionary.step(state, image, 0.5, 0.3)
    yield Case(function="step", name="second", arguments={"state": state, "n_code_steps": 3} | posed)
    yield from _codings(rng, image, atoms)
    yield from _runs(image, atoms)


def _codings(rng: np.random.Generator, image: np.ndarray, atoms: np.ndarray) -> Iterator[Case]:
    """By atoms that stay: of the image itself and of one near it; few steps, many, and none."""
    codes, wave = draw_array(rng, (12, 4)), image + 1j * draw_array(rng, (5, 6))
    posed: Arguments = {"image": image, "atoms": atoms, "sparsity": 0.3}
    yield Case(function="objective", name="typical", arguments={"codes": codes} | posed)
    turned = {"codes": codes * (1 + 2j), "image": wave, "atoms": atoms * (2 - 1j)}
    yield Case(function="objective", name="complex", arguments=posed | turned)
    changes: dict[str, Arguments] = {
        "no_step": {"max_iter": 0},
        "first": {"max_iter": 1},
        "later": {"max_iter": 4},
        "with_a_step": {"step": 0.4, "max_iter": 4},
        "complex": {"image": wave, "atoms": atoms * (2 - 1j), "step": 0.4, "max_iter": 4},
        "restart": {"atoms": 3 * atoms, "sparsity": 0.01, "max_iter": 12},
        "nothing": {"sparsity": 50.0},
        "atoms_of_length_0": {"atoms": 0 * atoms, "max_iter": 4},
        "converged": {"tol": 1e9},
    }
    for name, change in changes.items():
        yield Case(function="encode", name=name, arguments=posed | change)


def _runs(image: np.ndarray, atoms: np.ndarray) -> Iterator[Case]:
    posed: Arguments = {"image": image, "atoms": atoms, "strength": 0.5, "sparsity": 0.3}
    short = {"n_code_steps": 3, "tol": -1.0, "max_iter": 3}
    runs: dict[str, Arguments] = {
        "typical": short,
        "strong_sparsity": short | {"sparsity": 50.0},
        "long_atoms": short | {"atoms": 9 * atoms},
        "converged": {"tol": 1e9},
        "no_step": {"max_iter": 0},
    }
    for name, change in runs.items():
        yield Case(function="denoise", name=name, arguments=posed | change)
    spoilt = np.array(image)
    spoilt[0, 0] = np.nan
    bad: dict[str, Arguments] = {
        "nan": {"image": spoilt},
        "sparsity_0": {"sparsity": 0.0},
        "atoms_that_are_no_squares": {"atoms": atoms[:, :8]},
        "atoms_larger_than_the_image": {"atoms": np.ones((2, 36))},
    }
    for name, change in bad.items():
        yield Case(function="denoise", name=f"rejects_{name}", arguments=posed | change, rejected=True)

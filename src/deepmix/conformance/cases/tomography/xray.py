"""X-rays [CT1]–[CT3]: spectra of one energy and of several, fields, starved and dead detectors."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from deepmix.conformance.operation import Operation

from ..case import Case, generator
from . import _scans

MATERIALS = {"lengths": "(M, …)", "attenuation": "(M, E)", "spectrum": "(E,)", "energies": "(E,)"}
WATER = {"lengths": "(L,)", "attenuation": "(E,)", "spectrum": "(E,)", "energies": "(E,)"}
FIELDS = {"flat": "(n, D), (D,) or a number", "dark": "likewise"}
OPERATIONS = (
    Operation(
        name="transmitted",
        equations=("CT1",),
        result=("counts",),
        notes=FIELDS,
        example=_scans.taking("sinogram", "flat", "dark"),
    ),
    Operation(
        name="line_integrals",
        equations=("CT1", "CT3"),
        result=("projections",),
        notes=FIELDS,
        example=_scans.taking("counts", "flat", "dark"),
    ),
    Operation(
        name="polyenergetic",
        equations=("CT1",),
        result=("sinogram",),
        notes=MATERIALS,
        example=_scans.taking("lengths", "attenuation", "spectrum", "energies"),
    ),
    Operation(
        name="effective_attenuation",
        equations=("CT1",),
        result=("effective",),
        notes={"attenuation": "(…, E)"},
        example=_scans.taking("attenuation", "spectrum", "energies"),
    ),
    Operation(
        name="water_correction",
        equations=("CT2",),
        result=("coefficients",),
        not_exported="a factorisation of a matrix: each platform has its own",
        notes=WATER,
    ),
    Operation(
        name="corrected",
        equations=("CT2",),
        result=("sinogram",),
        example=lambda shapes: {"coefficients": shapes.array(4), **_scans.taking("sinogram")(shapes)},
    ),
    Operation(
        name="contrast",
        equations=("CT3",),
        result=("contrast",),
        example=lambda shapes: {"signal": shapes.mask, "background": shapes.mask},
    ),
    Operation(
        name="signal_to_noise",
        equations=("CT3",),
        result=("ratio",),
        example=lambda shapes: {"contrast": shapes.mask, "counts": shapes.mask},
    ),
)


def cases(dtype: str) -> Iterator[Case]:
    """Counts there and back, then spectra."""
    yield from _counts()
    yield from _spectra()


def _counts() -> Iterator[Case]:
    rng = generator("counts")
    p, flat, dark = rng.uniform(0, 4, (3, 5)), rng.uniform(900, 1100, 5), rng.uniform(5, 15, (3, 5))
    counts = np.round(dark + 40 * rng.random((3, 5)))
    counts[0, 1] = counts[2, 2] = 2.0
    dead = np.where(np.arange(5) == 3, 4.0, flat)
    yield Case(function="transmitted", name="fields", arguments={"sinogram": p, "flat": flat, "dark": dark})
    yield Case(function="transmitted", name="without_dark", arguments={"sinogram": p, "flat": flat})
    for name, fields in {
        "fields": {"flat": flat, "dark": dark},
        "without_dark": {"flat": flat},
        "a_dead_detector": {"flat": dead, "dark": dark},
    }.items():
        yield Case(function="line_integrals", name=name, arguments={"counts": counts} | fields)
    signal, background = rng.uniform(50, 100, (2, 4))
    given = {"signal": signal, "background": background}
    yield Case(function="contrast", name="typical", arguments=given)
    of_background = {"contrast": signal / background - 1, "counts": background}
    yield Case(function="signal_to_noise", name="typical", arguments=of_background)


def _spectra() -> Iterator[Case]:
    rng = generator("spectra")
    energies = np.linspace(20.0, 120, 6)
    beam = {"spectrum": rng.uniform(1, 5, 6), "energies": energies}
    mu = 0.02 * (60 / energies[None]) ** np.array([[0.6], [2.0]])
    lengths = rng.uniform(0, 100, (2, 3, 4))
    one = {"spectrum": np.array([3.0]), "energies": np.array([60.0])}
    materials: dict[str, dict[str, Any]] = {
        "integrating": {"lengths": lengths, "attenuation": mu} | beam,
        "counting": {"lengths": lengths, "attenuation": mu, "detector": "counting"} | beam,
        "one_energy": {"lengths": lengths, "attenuation": mu[:, :1]} | one,
    }
    for name, given in materials.items():
        yield Case(function="polyenergetic", name=name, arguments=given)
        slopes = {each: value for each, value in given.items() if each != "lengths"}
        yield Case(function="effective_attenuation", name=name, arguments=slopes)
        water = given | {"lengths": np.linspace(0, 300, 9), "attenuation": given["attenuation"][0]}
        if name != "one_energy":
            yield Case(function="water_correction", name=name, arguments=water)
            yield Case(function="water_correction", name=f"{name}_degree_2", arguments=water | {"degree": 2})
    unknown = materials["integrating"] | {"detector": "film"}
    yield Case(function="polyenergetic", name="unknown_detector", arguments=unknown, rejected=True)
    slopes = {each: value for each, value in unknown.items() if each != "lengths"}
    yield Case(function="effective_attenuation", name="unknown_detector", arguments=slopes, rejected=True)
    water = unknown | {"lengths": np.linspace(0, 300, 9), "attenuation": mu[0]}
    yield Case(function="water_correction", name="unknown_detector", arguments=water, rejected=True)
    p, c = rng.uniform(0, 5, (3, 4)), np.array([1.0, 0.02, 1e-3, 1e-4])
    yield Case(function="corrected", name="typical", arguments={"sinogram": p, "coefficients": c})

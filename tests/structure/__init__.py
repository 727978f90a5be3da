"""The modules of both packages, at any depth, and their public functions."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import deepmix.accelerated
import deepmix.reference

ROOT = Path(__file__).parents[2]
# Functions of the reference that the kit has no cases of, and why.
WITHOUT_CASES = {
    "trees.tree_map": "a helper for nested dicts",
    "trees.leaves": "a helper for nested dicts",
    "types.kind": "notes a record",
    "types.known": "looks up what a kind of record does",
    "mixtures.em.run": "takes functions; its cases are those of mixtures.gmm.fit and mixtures.svgmm.fit",
    "mixtures.forms.n_components": "the length of an array",
    "mixtures.gaussian.floored": "a helper of moments",
    "mixtures.gaussian.is_empty": "a helper of moments",
    "mixtures.gaussian.squared_distances": "a helper of log_density",
    "inverse.strength.bisect": "takes a function; its cases are those of inverse.strength.discrepancy",
    "inverse.conjugate_gradients.run": "takes a function; its cases are those of inverse.operators.gram_solve",
    "tomography._views.at": "a helper of smear and rebin",
    "tomography.axis.shifts": "what rotation_axis tries; its cases are those of rotation_axis",
    "deep_mixtures.one_image.fitted": "names what a loop found; its cases are those of fit",
    "deep_mixtures.one_image.m_step_damping": "its cases are those of step and fit",
    "deep_mixtures.one_image.warm_step": "its cases are those of warm_start",
    "deep_mixtures.tiling.average": "takes a generator; its cases are those of deep_mixtures.patches.logits",
    "deep_mixtures.tiling.boxes": "returns slices; its cases are those of deep_mixtures.patches.logits",
    "deep_mixtures.tiling.in_turn": "orders slices; its cases are those of deep_mixtures.patches.fit",
    "deep_mixtures.tiling.weights": "a helper of average",
    "deep_mixtures.one_image.forward": "returns a way back; its cases are those of loss and loss_and_gradient",
    "deep_mixtures.many_images.fit": "takes a function; its parts have cases, and the agreement tests run epochs",
}


def modules(package: ModuleType) -> dict[str, ModuleType]:
    """The modules of a package by their path in it; packages are none. Raises LookupError for no modules."""
    prefix = f"{package.__name__}."
    names = [module.name for module in pkgutil.walk_packages(package.__path__, prefix) if not module.ispkg]
    if not names:
        raise LookupError(f"{package.__name__} has no modules")
    return {name.removeprefix(prefix): importlib.import_module(name) for name in names}


def public_functions(module: ModuleType) -> dict[str, object]:
    """The public functions that a module defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value)
        and not inspect.isclass(value)
        and not name.startswith("_")
        and getattr(value, "__module__", None) == module.__name__
    }


def is_unchecked(name: str) -> bool:
    """Whether a function is what remains of another without the checks of its input: `solve` of `fit`."""
    return name.rpartition(".")[2].startswith("solve")


def sources(folder: Path | str) -> list[Path]:
    """The Python files below a folder. Raises LookupError if there are none."""
    found = sorted(Path(folder).rglob("*.py"))
    if not found:
        raise LookupError(f"{folder} has no Python files")
    return found


REFERENCE_MODULES = modules(deepmix.reference)
# `conformance` holds the functions of the others in the form of the reference's.
ACCELERATED_MODULES = {
    name: module for name, module in modules(deepmix.accelerated).items() if name != "conformance"
}

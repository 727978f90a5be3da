"""deepmix.accelerated: the twin of `deepmix.reference` in JAX, Flax and Optax, compiled.

Same subjects, modules, functions and arguments. Results have the dtype of the input: float32, or float64 if JAX's
x64 mode is on.
"""

from importlib import import_module

from deepmix.reference._lazy import lazily

try:
    for _needed in ("jax", "flax", "optax"):
        import_module(_needed)
except ModuleNotFoundError as error:
    if error.name not in ("jax", "flax", "optax"):
        raise
    raise ImportError(
        f"deepmix.accelerated needs {error.name}; install it with: pip install 'deepmix[accelerated]'"
    ) from error

__all__, __getattr__, __dir__ = lazily(__name__, __path__)

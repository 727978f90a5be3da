"""deepmix.reference: every algorithm as its pseudocode, in NumPy and SciPy, float64.

A subject a folder; the equations, with the labels that the code cites, are in the `README.md` of each. Modules are
imported when first used, so that the records and the checks do not bring SciPy in.
"""

from ._lazy import lazily

# Of the equations in README.md: what a change of them makes wrong must not pass for the same.
SPECIFICATION = "2.4"
DTYPES = ("float64",)

_modules, __getattr__, _ = lazily(__name__, __path__)
__all__ = ["DTYPES", "SPECIFICATION", *_modules]


def __dir__() -> list[str]:
    return list({*globals(), *__all__})

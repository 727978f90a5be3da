"""How close an output must come: the rules, and the tolerances they give.

eps is the machine epsilon of the dtype; the port's rounding and the reference's own count together.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .flat import Arrays

# From the inputs and the expected outputs to Σ|terms|, shaped as the output, and the number of roundings.
Magnitude = Callable[[Arrays, Arrays], tuple[np.ndarray, int]]


DTYPES = ("float64", "float32")
COMPLEX = {"float64": "complex128", "float32": "complex64"}  # of the same precision


def eps_of(dtype: str) -> float:
    """The machine epsilon."""
    return float(np.finfo(dtype).eps)


class Rule(NamedTuple):
    """A rule of tolerance; all but "exact" add `tiny`, ten times the smallest normal number: digits end there.

    name: "exact"; "relative": factor·eps·|expected|; "operations": n·eps·Σ|terms|, the bound of the rounding
        of n operations; "backward": factor·(the largest change of the output when every input, and
        every number that a function returns on the way, moves by at most eps, relatively, + eps·|expected|).
    factor: see above; 0 where it has no say. magnitude: Σ|terms| and n, of "operations"; for "backward" it
        stands in for |expected|.
    """

    name: str
    factor: float = 0
    magnitude: Magnitude | None = None


SAMPLES = 8  # of "backward": the chance that all eight stay below a tenth of the deviation is 2·10⁻⁹

EXACT = Rule(name="exact")
# Eight bits. A function's result moves once, but a program rounds at every operation in it, of a thousand outputs
# the worst counts, and eight samples show about one deviation. Real mistakes are larger by far: float64 has 52.
BACKWARD = Rule(name="backward", factor=256)


def relative(n: int) -> Rule:
    """So many roundings of the output itself."""
    return Rule(name="relative", factor=n)


def counted(magnitude: Magnitude) -> Rule:
    """The bound from the operation count."""
    return Rule(name="operations", magnitude=magnitude)


def backward(magnitude: Magnitude) -> Rule:
    """`BACKWARD` for outputs whose own size does not bound their rounding, such as exp of large logs."""
    return BACKWARD._replace(magnitude=magnitude)


def probability(output: str) -> Magnitude:
    """exp of a logarithm is as uncertain, relatively, as the logarithm is absolutely."""

    def magnitude(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
        p = expected[output]
        log_p = np.log(np.where(p > 0, p, 1))
        likelihood = expected.get("log_likelihood", np.zeros(()))
        return p * (1 + np.abs(log_p) + np.abs(likelihood)), 1

    return magnitude


def largest(output: str, least: float = 0.0) -> Magnitude:
    """Entries are as uncertain as the largest of their array, or as `least`: so large was what cancels in them."""

    def magnitude(inputs: Arrays, expected: Arrays) -> tuple[np.ndarray, int]:
        found = np.abs(expected[output])
        return np.full(found.shape, max(float(found.max(initial=0)), least)), 1

    return magnitude


def tolerance(
    rule: Rule, name: str, dtype: str, inputs: Arrays, expected: Arrays, rounded: Callable[[], list[Arrays]]
) -> tuple[dict[str, Any], np.ndarray | None]:
    """What case.json says of the tolerance of an output, and its values (None: exact).

    rounded: outputs of the reference with rounding, consulted by "backward" alone.
    """
    values = expected[name]
    if rule.name == "exact" or values.dtype.kind not in "fc":
        return {"rule": "exact"}, None
    eps, tiny = eps_of(dtype), 10 * float(np.finfo(dtype).tiny)
    size, n = np.abs(values), 1
    if rule.magnitude is not None:
        size, n = rule.magnitude(inputs, expected)
    match rule.name:
        case "relative":
            constants = {"factor": rule.factor}
            bound = rule.factor * eps * size
        case "operations":
            constants = {"operations": n}
            bound = n * eps * size
        case _:
            constants = {"factor": rule.factor, "samples": SAMPLES}
            with np.errstate(invalid="ignore"):
                change = np.max([np.abs(each[name] - values) for each in rounded()], axis=0)
            bound = rule.factor * (change + eps * size)
    bound = np.where(np.isfinite(values), _eight_bits(bound + tiny), 0.0)
    if not np.isfinite(bound).all():
        raise AssertionError(f"the tolerance of {name} is not finite: the case lies on an edge")
    return {"rule": rule.name, **constants, "eps": eps, "tiny": tiny}, bound


def _eight_bits(bound: np.ndarray) -> np.ndarray:
    """Rounded up to eight bits, which compress well."""
    mantissa, exponent = np.frexp(bound)
    return np.ldexp(np.ceil(256 * mantissa) / 256, exponent)

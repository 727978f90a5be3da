"""Mistakes in `inverse.least_squares`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "steepest descent",
        "direction=descent + beta * state.direction",
        "direction=descent",
        "inverse.least_squares.step/matrix",
    ),
    Mistake(
        "the regulariser has no part in the length of the step",
        "curvature = 2 * _objective(ahead, bent, weights, strength)",
        "curvature = 2 * _objective(ahead, bent, weights, 0.0)",
        "inverse.least_squares.step/matrix",
    ),
    Mistake(
        "roots of the weights",
        "adjoint(operator, weights * residual)",
        "adjoint(operator, np.sqrt(weights) * residual)",
        "inverse.least_squares.begin/matrix",
    ),
)

"""The loop that Algorithms 1 and 2 share [EM], [SV]: E-step, NLL, stop or M-step."""

from collections.abc import Callable

import numpy as np

from .. import stopping
from ..types import Status
from .records import Fit, Mixture, Moments

EStep = Callable[[np.ndarray, Mixture, str], tuple[np.ndarray, np.ndarray]]
MStep = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, Mixture, str], tuple[Mixture, Moments]]


def run(
    e_step: EStep,
    m_step: MStep,
    pixels: np.ndarray,
    start: Mixture,
    weights: np.ndarray,
    floor: np.ndarray,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> Fit:
    """Repeat E-step and M-step until the NLL falls by less than `tol`, with at most `max_iter` M-steps.

    The parameters returned are those that the last finite NLL belongs to; `labels` are argmax γ [EM4].
    """
    mixture, degenerate = start, np.zeros(len(start.means), bool)
    history: list[float] = []
    status = Status.running
    while status == Status.running:
        responsibilities, log_likelihood = e_step(pixels, mixture, covariance_type)
        history.append(mean_nll(log_likelihood, weights))  # [EM2], [SV1]
        settled = len(history) > 1 and history[-2] - history[-1] < tol
        status = stopping.status(history[-1], settled, len(history) > max_iter)
        if status != Status.non_finite or len(history) == 1:
            kept = mixture, responsibilities, history[-1], degenerate
        if status == Status.running:
            mixture, found = m_step(pixels, responsibilities, weights, floor, mixture, covariance_type)
            degenerate = found.degenerate
    mixture, responsibilities, value, degenerate = kept
    return Fit(
        value=value,
        history=np.array(history),
        status=status,
        degenerate=degenerate,
        mixture=mixture,
        responsibilities=responsibilities,
        labels=responsibilities.argmax(axis=0),
    )


def mean_nll(log_likelihood: np.ndarray, weights: np.ndarray) -> float:
    """−(1/Σw) Σ_n w_n log p(x_n) [EM2], [SV1], from the log-likelihoods (N,) and the weights (N,)."""
    return -(weights @ log_likelihood) / weights.sum()

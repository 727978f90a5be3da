"""The records of mixtures: NamedTuples, hence JAX pytrees."""

from typing import Any, NamedTuple

from ..types import Array, Status


class Mixture(NamedTuple):
    """Parameters of K Gaussians over M channels.

    proportions: π (K,), or Π (K, N) where each pixel has its own.
    means: μ (K, M), in the unit of the channels.
    covariances: Σ, by covariance type: diag (K, M), spherical (K,), tied (M, M), full (K, M, M).
    """

    proportions: Array
    means: Array
    covariances: Array


class Moments(NamedTuple):
    """Weighted moments of the classes [G2].

    counts: n_k (K,), the summed weights of each class.
    means, covariances: as in `Mixture`.
    degenerate: (K,) bool, the classes that were too empty and kept their previous moments [G3].
    """

    counts: Array
    means: Array
    covariances: Array
    degenerate: Array


class FieldState(NamedTuple):
    """Where the loop of a hidden Markov field stands.

    mixture: γ (K, N) as its proportions, μ, Σ. external: α (K,) [SV4].
    """

    mixture: Mixture
    external: Array


class Ended(NamedTuple):
    """Where the loop of EM has ended.

    value: the NLL, or F, of `mixture`.
    history: (T,) every value computed, that of the start first; a non-finite one comes last and is not `value`.
    status: `Status`; from a `solve` of `accelerated`, its number.
    degenerate: (K,) bool, the classes that collapsed in the last M-step [G3].
    mixture: the parameters that `value` belongs to; for a Markov field, its `FieldState`.
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    mixture: Any


class Fit(NamedTuple):
    """What an EM algorithm returns.

    value: the NLL of `mixture` [EM2], [SV1].
    history, status, degenerate, mixture: as in `Ended`.
    responsibilities: γ (K, N) of one E-step with that mixture [EM4].
    labels: (N,) int, classes 0 … K−1.
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    mixture: Mixture
    responsibilities: Array
    labels: Array


class FieldFit(NamedTuple):
    """What a hidden Markov field returns.

    value: F of `mixture` and `responsibilities` [SV4].
    history: (T,) F after every sweep; a non-finite one comes last and is not `value`.
    status, degenerate: as in `Fit`.
    mixture: μ and Σ that `value` belongs to, and π = mean γ (K,).
    responsibilities: γ (K, *spatial), the mean field.
    labels: (*spatial) int, argmax γ, classes 0 … K−1.
    external: α (K,) that `value` belongs to; 0 for class_sizes="equal".
    nll: the NLL of `mixture`, whose proportions are the same at every pixel [EM2].
    pseudo_nll: the NLL with the proportions that the neighbours of each pixel predict [SV5].
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    mixture: Mixture
    responsibilities: Array
    labels: Array
    external: Array
    nll: Array
    pseudo_nll: Array


class FuzzyFit(NamedTuple):
    """What fuzzy C-means returns.

    value: J of `centres` and `memberships` [FC1].
    history: (T,) J after every round.
    status: `Status`.
    degenerate: (K,) bool, the classes that had no member in the last round and kept their centres.
    centres: (K, M), in the unit of the pixels.
    memberships: u (K, N), those that the centres give [FC2].
    labels: (N,) int, argmax u, classes 0 … K−1.
    partition_coefficient: Σ w Σ u² / Σ w: 1 for a hard partition, 1/K if all memberships are equal [FC4].
    """

    value: Array
    history: Array
    status: Status | Array
    degenerate: Array
    centres: Array
    memberships: Array
    labels: Array
    partition_coefficient: Array

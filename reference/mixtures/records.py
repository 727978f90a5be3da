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


class Student(NamedTuple):
    """Parameters of K Student distributions over M channels [NG2].

    proportions, means, covariances: π, μ, Σ as of a `Mixture`. degrees: ν (K,), from 1 to 1000.
    """

    proportions: Array
    means: Array
    covariances: Array
    degrees: Array


class Rician(NamedTuple):
    """Parameters of K Rician distributions in each of M channels [NG4].

    proportions: π as of a `Mixture`. signals: ν (K, M), the magnitudes without noise, in the unit of the channels.
    variances: σ² (K, M), of each of the two parts of the noise; the same for all classes if they share it.
    """

    proportions: Array
    signals: Array
    variances: Array


class Gamma(NamedTuple):
    """Parameters of K gamma distributions in each of M channels [NG6].

    proportions: π as of a `Mixture`. shapes: a (K, M). rates: b (K, M), one over the unit of the channels.
    """

    proportions: Array
    shapes: Array
    rates: Array


class LogNormal(NamedTuple):
    """Parameters of K log-normal distributions over M channels [NG7].

    proportions: π as of a `Mixture`. means, covariances: μ, Σ of the logarithms of the channels.
    """

    proportions: Array
    means: Array
    covariances: Array


class Poisson(NamedTuple):
    """Parameters of K Poisson distributions in each of M channels [NG8].

    proportions: π as of a `Mixture`. rates: λ (K, M), counts.
    """

    proportions: Array
    rates: Array


# A record of any of these families: π or Π first, then the parameters of the classes, K first.
AnyMixture = Any


class Estimate(NamedTuple):
    """What an M-step finds for another family than the Gaussian.

    counts: n_k (K,), the summed weights of each class.
    mixture: the family's record, its π those of before.
    degenerate: (K,) bool, the classes that were too empty and kept their previous parameters [G3].
    """

    counts: Array
    mixture: AnyMixture
    degenerate: Array


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

    mixture: AnyMixture
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
    mixture: AnyMixture
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
    mixture: AnyMixture
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

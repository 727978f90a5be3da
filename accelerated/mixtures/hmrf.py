"""The hidden Markov field [SV4]; see `reference.mixtures.hmrf`."""

from functools import partial, reduce
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.mixtures.checks import check_field, check_start
from deepmix.reference.mixtures.records import FieldFit, Mixture

from ..execution.arrays import cast, floating, greatest, padded, shared
from ..execution.precision import HIGHEST
from ..execution.results import unpacked
from . import _sums, em, gaussian, gmm


def neighbour_sum(maps: jax.Array, diagonals: bool = False) -> jax.Array:
    """See `reference.mixtures.hmrf.neighbour_sum`."""
    shape = maps.shape[1:]
    padded = jnp.pad(maps, [(0, 0), *[(1, 1)] * len(shape)])
    steps = [step for step in product((-1, 0, 1), repeat=len(shape)) if any(step)]
    if not diagonals:
        steps = [step for step in steps if sum(map(abs, step)) == 1]
    windows = [tuple(slice(1 + by, 1 + by + n) for by, n in zip(step, shape, strict=True)) for step in steps]
    return reduce(jnp.add, (padded[:, *window] for window in windows))


def colours(weights: jax.Array, diagonals: bool = False) -> jax.Array:
    """See `reference.mixtures.hmrf.colours`."""
    places = [jax.lax.broadcasted_iota(int, weights.shape, axis) for axis in range(weights.ndim)]
    if diagonals:
        places = [place % 2 * 2**axis for axis, place in enumerate(places)]
        return reduce(jnp.add, places)
    return reduce(jnp.add, places) % 2


def sweep(
    responsibilities: jax.Array,
    log_densities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float = 1.0,
    diagonals: bool = False,
) -> jax.Array:
    """See `reference.mixtures.hmrf.sweep` [SV4]."""
    colour = colours(weights, diagonals)
    for each in range(2**weights.ndim if diagonals else 2):
        field = beta * neighbour_sum(weights * responsibilities, diagonals)
        updated, _ = gaussian.posterior(field, log_densities)
        responsibilities = jnp.where(colour == each, updated, responsibilities)
    return responsibilities


def free_energy(
    responsibilities: jax.Array,
    log_densities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float = 1.0,
    diagonals: bool = False,
) -> jax.Array:
    """See `reference.mixtures.hmrf.free_energy` [SV4]."""
    fields = neighbour_sum(weights * responsibilities, diagonals)
    rows = zip(responsibilities, log_densities, fields, strict=True)
    # class by class, as everything that runs along the pixels: see `gaussian`
    return reduce(
        jnp.add,
        (-jax.scipy.special.entr(of_class) - of_class * (log + beta / 2 * field) for of_class, log, field in rows),
    )


def pseudo_nll(
    responsibilities: jax.Array,
    log_densities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float = 1.0,
    diagonals: bool = False,
) -> jax.Array:
    """See `reference.mixtures.hmrf.pseudo_nll` [SV5]."""
    field = beta * neighbour_sum(weights * responsibilities, diagonals)
    _, log_total = gaussian.posterior(jnp.zeros_like(field), field)
    _, log_likelihood = gaussian.posterior(field - log_total, log_densities)
    return em.mean_nll(log_likelihood.ravel(), weights.ravel())


def fit(
    image: jax.Array,
    start: Mixture,
    mask: jax.Array | None = None,
    *,
    beta: float = 1.0,
    diagonals: bool = False,
    covariance_type: str = "diag",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
) -> FieldFit:
    """See `reference.mixtures.hmrf.fit`."""
    pixels, weights = check_field(floating(image), mask, beta, len(start.means))
    check_start(start, pixels, covariance_type)
    shape = weights.shape
    lengths = tuple(shared(length) for length in shape)  # what lies beyond has the weight 0, as outside the mask
    x = jnp.asarray(padded(pixels.reshape(-1, *shape), lengths).reshape(len(pixels), -1))
    w = jnp.asarray(padded(weights, lengths, 0))
    floor = _variance_floor(x, w.ravel()) if floor is None else jnp.asarray(floor, x.dtype)
    solved = solve(
        x,
        cast(start, x.dtype),
        w,
        floor,
        beta=beta,
        diagonals=diagonals,
        covariance_type=covariance_type,
        tol=tol,
        max_iter=max_iter,
    )
    found = unpacked(solved)
    if lengths == shape:
        return found
    box = tuple(slice(length) for length in shape)
    return found._replace(
        responsibilities=np.asarray(found.responsibilities)[:, *box], labels=np.asarray(found.labels)[box]
    )


_variance_floor = jax.jit(gaussian.variance_floor)


@partial(jax.jit, static_argnames=("diagonals", "covariance_type", "max_iter"))
def solve(
    pixels: jax.Array,
    start: Mixture,
    weights: jax.Array,
    floor: jax.Array,
    *,
    beta: float,
    diagonals: bool,
    covariance_type: str,
    tol: float,
    max_iter: int,
) -> FieldFit:
    """See `reference.mixtures.hmrf.solve`; one program, its history at full length: NaN after the end."""
    w, maps = weights.ravel(), (len(start.means), *weights.shape)

    def e_step(mixture: Mixture) -> tuple[jax.Array, jax.Array]:
        densities = gaussian.log_density(pixels, mixture.means, mixture.covariances, covariance_type).reshape(maps)
        return sweep(mixture.proportions.reshape(maps), densities, weights, beta, diagonals), densities

    def step(mixture: Mixture) -> tuple[jax.Array, Mixture, jax.Array]:
        responsibilities, densities = e_step(mixture)
        energy = free_energy(responsibilities, densities, weights, beta, diagonals).ravel()
        flat = responsibilities.reshape(len(responsibilities), -1)

        def about(centres: jax.Array) -> _sums.Sums:
            return _sums.of_responsibilities(pixels, flat, -energy, w, centres, covariance_type)

        totals, found = _sums.settle(about, mixture, floor, covariance_type)
        following = Mixture(proportions=flat, means=found.means, covariances=found.covariances)
        return -totals.log_likelihood / totals.weight, following, found.degenerate

    responsibilities, _ = gmm.e_step(pixels, start, covariance_type)
    ended = em.run(step, start._replace(proportions=responsibilities), tol, max_iter)
    responsibilities, densities = e_step(ended.mixture)
    mean = jnp.matmul(responsibilities.reshape(len(responsibilities), -1), w, precision=HIGHEST) / w.sum()
    return FieldFit(
        **ended._replace(mixture=ended.mixture._replace(proportions=mean))._asdict(),
        responsibilities=responsibilities,
        labels=greatest(responsibilities),
        pseudo_nll=pseudo_nll(responsibilities, densities, weights, beta, diagonals),
    )

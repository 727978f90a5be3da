"""The hidden Markov field [SV4]; see `reference.mixtures.hmrf`."""

from functools import partial, reduce
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np

from deepmix.reference.checks import check_choice
from deepmix.reference.mixtures.checks import CLASS_SIZES, check_field, check_start, check_support
from deepmix.reference.mixtures.forms import n_components
from deepmix.reference.mixtures.records import AnyMixture, FieldFit, FieldState

from ..execution import rows
from ..execution.arrays import cast, floating, padded, shared
from ..execution.precision import HIGHEST
from ..execution.results import unpacked
from ..execution.rows import greatest
from . import _sums, em, families, gaussian, gmm
from .families import FAMILIES, Kind


def neighbour_sum(maps: jax.Array, diagonals: bool = False) -> jax.Array:
    """See `reference.mixtures.hmrf.neighbour_sum`."""
    shape = maps.shape[1:]
    padded = jnp.pad(maps, [(0, 0), *[(1, 1)] * len(shape)])
    if diagonals:  # the whole box axis by axis, less its middle: 2 d additions, where one by one they are 3^d
        for axis, n in enumerate(shape, start=1):
            padded = reduce(jnp.add, (jax.lax.slice_in_dim(padded, by, by + n, axis=axis) for by in range(3)))
        return padded - maps
    steps = [step for step in product((-1, 0, 1), repeat=len(shape)) if sum(map(abs, step)) == 1]
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
    external: jax.Array | None = None,
) -> jax.Array:
    """See `reference.mixtures.hmrf.sweep` [SV4]."""
    colour = colours(weights, diagonals)

    def update(each: jax.Array, responsibilities: jax.Array) -> jax.Array:
        field = _field(responsibilities, weights, beta, diagonals, external)
        updated, _ = gaussian.posterior(field, log_densities)
        return jnp.where(colour == each, updated, responsibilities)

    return jax.lax.fori_loop(0, 2**weights.ndim if diagonals else 2, update, responsibilities)


def free_energy(
    responsibilities: jax.Array,
    log_densities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float = 1.0,
    diagonals: bool = False,
    external: jax.Array | None = None,
) -> jax.Array:
    """See `reference.mixtures.hmrf.free_energy` [SV4]."""
    fields = neighbour_sum(weights * responsibilities, diagonals)
    known = log_densities + _along(external, log_densities.ndim)
    of_class = lambda r, log, field: -jax.scipy.special.entr(r) - r * (log + beta / 2 * field)  # noqa: E731
    return rows.total(jax.tree.map(of_class, *map(rows.apart, (responsibilities, known, fields))))


def pseudo_nll(
    responsibilities: jax.Array,
    log_densities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float = 1.0,
    diagonals: bool = False,
    external: jax.Array | None = None,
) -> jax.Array:
    """See `reference.mixtures.hmrf.pseudo_nll` [SV5]."""
    foretold = _foretold(responsibilities, weights, beta, diagonals, external)
    _, log_likelihood = gaussian.posterior(foretold, log_densities)
    return em.mean_nll(log_likelihood.ravel(), weights.ravel())


def information(proportions: jax.Array, nll: jax.Array, pseudo_nll: jax.Array) -> tuple[jax.Array, jax.Array]:
    """See `reference.mixtures.hmrf.information` [SV6]."""
    entropy = jax.scipy.special.entr(proportions).sum()
    told, divisor = jnp.where(entropy > 0, nll - pseudo_nll, 0), jnp.where(entropy > 0, entropy, 1)
    return told / divisor, told / jnp.sqrt(divisor)


def external_field(
    responsibilities: jax.Array,
    weights: jax.Array,
    external: jax.Array,
    beta: jax.Array | float = 1.0,
    diagonals: bool = False,
) -> jax.Array:
    """See `reference.mixtures.hmrf.external_field` [SV7]."""
    foretold = jnp.exp(_foretold(responsibilities, weights, beta, diagonals, external))
    actual, expected = _mean(responsibilities, weights), _mean(foretold, weights)
    known = jnp.minimum(actual, expected) > 10 * jnp.finfo(actual.dtype).tiny
    return external + jnp.log(jnp.where(known, actual, 1) / jnp.where(known, expected, 1))


def _field(
    responsibilities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float,
    diagonals: bool,
    external: jax.Array | None,
) -> jax.Array:
    """See `reference.mixtures.hmrf._field`."""
    field = beta * neighbour_sum(weights * responsibilities, diagonals)
    return field + _along(external, field.ndim)


def _foretold(
    responsibilities: jax.Array,
    weights: jax.Array,
    beta: jax.Array | float,
    diagonals: bool,
    external: jax.Array | None,
) -> jax.Array:
    """log π_k(x) (K, *spatial), the proportions that the neighbours of a pixel predict [SV5]."""
    field = _field(responsibilities, weights, beta, diagonals, external)
    _, log_total = gaussian.posterior(jnp.zeros_like(field), field)
    return field - log_total


def _along(of_classes: jax.Array | None, n_axes: int) -> jax.Array | float:
    """See `reference.mixtures.hmrf._along`."""
    return 0.0 if of_classes is None else jnp.reshape(of_classes, (-1, *[1] * (n_axes - 1)))


def _mean(maps: jax.Array, weights: jax.Array) -> jax.Array:
    """See `reference.mixtures.hmrf._mean`."""
    return jnp.matmul(maps.reshape(len(maps), -1), weights.ravel(), precision=HIGHEST) / weights.sum()


def fit(
    image: jax.Array,
    start: AnyMixture,
    mask: jax.Array | None = None,
    *,
    beta: float = 1.0,
    diagonals: bool = False,
    class_sizes: str = "equal",
    covariance_type: str = "diag",
    family: str = "gaussian",
    tol: float = 1e-3,
    max_iter: int = 100,
    floor: jax.Array | None = None,
) -> FieldFit:
    """See `reference.mixtures.hmrf.fit`."""
    check_choice("class_sizes", class_sizes, CLASS_SIZES)
    pixels, weights = check_field(floating(image), mask, beta, n_components(start))
    check_start(start, pixels, covariance_type, family)
    pixels = check_support(pixels, weights.ravel(), family)
    shape = weights.shape
    lengths = tuple(shared(length) for length in shape)  # what lies beyond has the weight 0, as outside the mask
    x = jnp.asarray(padded(pixels.reshape(-1, *shape), lengths).reshape(len(pixels), -1))
    w = jnp.asarray(padded(weights, lengths, 0))
    floor = _floor(x, w.ravel(), family) if floor is None else jnp.asarray(floor, x.dtype)
    solved = solve(
        x,
        cast(start, x.dtype),
        w,
        floor,
        beta=beta,
        diagonals=diagonals,
        class_sizes=class_sizes,
        covariance_type=covariance_type,
        family=family,
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


_floor = partial(jax.jit, static_argnames="family")(families.floor)


@partial(jax.jit, static_argnames=("diagonals", "class_sizes", "covariance_type", "family", "max_iter"))
def solve(
    pixels: jax.Array,
    start: AnyMixture,
    weights: jax.Array,
    floor: jax.Array,
    *,
    beta: float,
    diagonals: bool,
    class_sizes: str,
    covariance_type: str,
    family: str,
    tol: float,
    max_iter: int,
) -> FieldFit:
    """See `reference.mixtures.hmrf.solve`; one program, its history at full length: NaN after the end."""
    w, free, maps = weights.ravel(), class_sizes == "free", (n_components(start), *weights.shape)
    kind = Kind(covariance_type=covariance_type, family=family)

    def e_step(state: FieldState) -> tuple[jax.Array, jax.Array]:
        densities = FAMILIES[family].log_density(pixels, state.mixture, covariance_type).reshape(maps)
        before = state.mixture.proportions.reshape(maps)
        swept = sweep(before, densities, weights, beta, diagonals, given(state))
        return swept, densities

    def given(state: FieldState) -> jax.Array | None:
        """α, or None if it is all 0: adding zeros would take a pass over all pixels."""
        return state.external if free else None

    def step(state: FieldState) -> tuple[jax.Array, FieldState, jax.Array]:
        responsibilities, densities = e_step(state)
        energy = free_energy(responsibilities, densities, weights, beta, diagonals, given(state)).ravel()
        flat = responsibilities.reshape(len(responsibilities), -1)

        def about(centres: jax.Array) -> _sums.Sums:
            return _sums.of_responsibilities(pixels, flat, -energy, w, state.mixture, centres, kind)

        totals, following, found = _sums.settle(about, state.mixture, floor, kind)
        mixture = following._replace(proportions=flat)
        external = state.external
        if free:
            external = external_field(responsibilities, weights, external, beta, diagonals)
        state = FieldState(mixture=mixture, external=external)
        return -totals.log_likelihood / totals.weight, state, found.degenerate

    posterior, _ = gmm.e_step(pixels, start, covariance_type, family)
    sizes = maps[0] * start.proportions
    external = jnp.log(jnp.where(free & (sizes > 0), sizes, 1))
    begin = FieldState(mixture=start._replace(proportions=posterior), external=external)
    ended = em.run(step, begin, tol, max_iter)
    state: FieldState = ended.mixture
    responsibilities, densities = e_step(state)
    mean = _mean(responsibilities, weights)
    _, alone = gaussian.posterior(jnp.log(mean)[:, None], densities.reshape(maps[0], -1))
    return FieldFit(
        value=ended.value,
        history=ended.history,
        status=ended.status,
        degenerate=ended.degenerate,
        mixture=state.mixture._replace(proportions=mean),
        responsibilities=responsibilities,
        labels=greatest(responsibilities),
        external=state.external,
        nll=em.mean_nll(alone, w),
        pseudo_nll=pseudo_nll(responsibilities, densities, weights, beta, diagonals, given(state)),
    )

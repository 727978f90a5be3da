"""Projection along rays and its adjoint [CT4]; see `reference.tomography.radon`.

Nothing is larger than an image or a sinogram; both gather, neither scatters. Each is the pullback of the
other, to any order, in reverse mode alone; to all derivatives the geometry is a constant.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from deepmix.reference.inverse.records import Calculus
from deepmix.reference.tomography.checks import check_image, check_sinogram
from deepmix.reference.tomography.records import Radon, ScanGeometry

from ..inverse.operators import OPERATORS, power_norm, schur_bound
from ._dtypes import in_one_dtype
from .geometry import rays

Slope = Callable[[jax.Array], jax.Array]  # at an index
Views = Callable[[jax.Array, jax.Array], jax.Array]  # from the image and k to the image


def project(image: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """See `reference.tomography.radon.project` [CT4]; gathers two pixels of every line that a ray crosses."""
    check_image(image, geometry)
    return _project(*in_one_dtype(image, geometry))


def project_back(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """See `reference.tomography.radon.project_back` [CT4]; gathers the detectors whose rays pass a pixel."""
    check_sinogram(sinogram, geometry)
    return _project_back(*in_one_dtype(sinogram, geometry))


@jax.custom_vjp
@jax.jit
def _project(image: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """Line by line of the image, all rays together: rows for those that cross them all, columns for the others."""
    n, x, y = max(image.shape), geometry.columns[0], geometry.rows[0]
    length = n + 3  # with zeros beyond: one before, two behind
    lines = jnp.stack([_padded(each, n, length) for each in (image, image.T)]).ravel()
    theta, offset = rays(geometry)
    cosine, sine = jnp.cos(theta), jnp.sin(theta)
    steep = jnp.abs(cosine) >= jnp.abs(sine)
    across, along = jnp.where(steep, cosine, sine), jnp.where(steep, sine, cosine)
    pixel, line = jnp.where(steep, x, y), jnp.where(steep, y, x)
    step = jnp.where(steep, geometry.pixel_spacing, -geometry.pixel_spacing)
    first, further = ((offset - line * along) / across - pixel) / step + 1, along / across
    begin = jnp.where(steep, 0, n * length)

    def add(number: jax.Array, sums: jax.Array) -> jax.Array:
        crossing = jnp.clip(first + number * further, 0, length - 2)  # in pixels of the padded line
        left = crossing.astype(jnp.int32)
        index = begin + number * length + left
        value, neighbour = _at(lines, index), _at(lines, index + 1)
        return sums + value + (crossing - left) * (neighbour - value)

    # unrolled, as the sums would be read and written for every line
    return jax.lax.fori_loop(0, n, add, jnp.zeros_like(offset), unroll=4) * jnp.abs(step / across)


@jax.custom_vjp
@jax.jit
def _project_back(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    """View by view, two neighbouring detectors for every pixel, as often as the rays reach so far.

    With v and w, a pixel's place across the central ray, and along it away from the source: the ray through it
    lands at u = v / (1 + w/R), and it is cos γ · (1 + w/R) · |u − u_j| away from ray j [CT8].
    """
    x, y = geometry.columns, geometry.rows[:, None]
    theta, _ = rays(geometry)
    cosine, sine = jnp.cos(geometry.angles), jnp.sin(geometry.angles)
    m = jnp.maximum(jnp.abs(jnp.cos(theta)), jnp.abs(jnp.sin(theta)))
    # 1 / how many detectors a ray reaches to either side, at the axis; nearer to the source it is more
    gamma = geometry.angles[:, None] - theta
    slopes = geometry.detector_spacing * jnp.cos(gamma) / (geometry.pixel_spacing * m)
    heights = jnp.pad(sinogram * geometry.pixel_spacing / m, ((0, 0), (2, 2)))

    def of_parallel(image: jax.Array, k: jax.Array) -> jax.Array:
        def view(image: jax.Array, given: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            height, cosine, sine, slope = given
            u = x * cosine + y * sine
            return _spread(image, height, u, 1 / slope, lambda index: slope, k, geometry), None

        return jax.lax.scan(view, image, (heights, cosine, sine, slopes[:, 0]))[0]

    def of_fan(image: jax.Array, k: jax.Array) -> jax.Array:
        def view(image: jax.Array, given: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            height, cosine, sine, slope, least = given
            near = 1 + geometry.divergence * (y * cosine - x * sine)
            u, reach = (x * cosine + y * sine) * (1 / near), 1 / near * (1 / least)
            return _spread(image, height, u, reach, lambda index: near * _at(slope, index), k, geometry), None

        padded = jnp.pad(slopes, ((0, 0), (2, 2)), mode="edge")
        return jax.lax.scan(view, image, (heights, cosine, sine, padded, slopes.min(axis=1)))[0]

    def over_pairs(views: Views) -> jax.Array:
        return jax.lax.fori_loop(
            0, n_pairs, lambda k, image: views(image, k), jnp.zeros(geometry.image_shape, sinogram.dtype)
        )

    corner = jnp.abs(y).max() * jnp.abs(cosine) + jnp.abs(x).max() * jnp.abs(sine)
    reach = (1 / (slopes.min(axis=1) * (1 - geometry.divergence * corner))).max()
    least = 1 - 8 * jnp.finfo(sinogram.dtype).eps  # a pair is not taken for weights that are rounding
    n_pairs = jnp.clip(jnp.ceil(reach * least), 1, sinogram.shape[1]).astype(jnp.int32)
    return jax.lax.cond(geometry.divergence == 0, lambda: over_pairs(of_parallel), lambda: over_pairs(of_fan))


def _constant(geometry: ScanGeometry) -> ScanGeometry:
    """Its cotangent."""
    return jax.tree.map(jnp.zeros_like, geometry)


_project.defvjp(
    lambda image, geometry: (_project(image, geometry), geometry),
    lambda geometry, cotangent: (_project_back(cotangent, geometry), _constant(geometry)),
)
_project_back.defvjp(
    lambda sinogram, geometry: (_project_back(sinogram, geometry), geometry),
    lambda geometry, cotangent: (_project(cotangent, geometry), _constant(geometry)),
)


def _padded(image: jax.Array, height: int, width: int) -> jax.Array:
    """With zeros around it, a column of them on the left."""
    return jnp.pad(image, ((0, height - image.shape[0]), (1, width - image.shape[1] - 1)))


def _spread(
    image: jax.Array,
    height: jax.Array,
    u: jax.Array,
    reach: jax.Array,
    slope: Slope,
    k: jax.Array,
    geometry: ScanGeometry,
) -> jax.Array:
    """The image (H, W) with what the k-th pair of detectors within reach of each pixel gives to it, of one view.

    height: g Δ/m of the detectors, two zeros around them. u: (H, W) where the rays through the pixels land.
    reach: of the pixels, in detectors. slope: how fast the weight falls with the distance, by the detector's
    index.
    """
    seen = (u - geometry.detectors[0]) * (1 / geometry.detector_spacing) + 2
    place = jnp.clip(jnp.floor(seen - reach) + 1 + 2 * k, 0, len(height) - 2)
    index = place.astype(jnp.int32)
    for n in (0, 1):
        weight = jnp.maximum(0, 1 - jnp.abs(seen - (place + n)) * slope(index + n))
        image += _at(height, index + n) * weight
    return image


def _at(array: jax.Array, index: jax.Array) -> jax.Array:
    return array.at[index].get(mode="promise_in_bounds")


OPERATORS[Radon] = Calculus(
    forward=lambda operator, image: project(image, operator.geometry),
    adjoint=lambda operator, data: project_back(data, operator.geometry),
    norm=lambda operator, image: jnp.minimum(power_norm(operator, image), schur_bound(operator, image)),
)

"""Projection along rays and its adjoint [CT4]; see `reference.tomography.radon`.

View by view, so that nothing is larger than an image; both gather, neither scatters. Each is the pullback of the
other, to any order, in reverse mode alone; to all derivatives the geometry is a constant.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp

from deepmix.reference.tomography.checks import check_image, check_sinogram
from deepmix.reference.tomography.records import ScanGeometry

from ._dtypes import in_one_dtype
from .geometry import rays

Slope = Callable[[jax.Array], jax.Array]  # at an index


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
    rows, columns = _lines(image), _lines(image.T)
    first_x, first_y, spacing = geometry.columns[0], geometry.rows[0], geometry.pixel_spacing

    def view(_: None, ray: tuple[jax.Array, jax.Array]) -> tuple[None, jax.Array]:
        theta, offset = ray
        cosine, sine = jnp.cos(theta), jnp.sin(theta)
        steep = jnp.abs(cosine) >= jnp.abs(sine)  # they cross every row, the others every column

        def along_rows() -> jax.Array:
            across = jnp.where(steep, cosine, 1)
            return _sum_of_crossings(rows, (first_x, spacing), (first_y, -spacing), across, sine, offset)

        def along_columns() -> jax.Array:
            across = jnp.where(steep, 1, sine)
            return _sum_of_crossings(columns, (first_y, -spacing), (first_x, spacing), across, cosine, offset)

        # in a parallel view, and in most of those of a fan, one of both is everything
        by_rows = jax.lax.cond(steep.any(), along_rows, lambda: jnp.zeros_like(offset))
        by_columns = jax.lax.cond(steep.all(), lambda: jnp.zeros_like(offset), along_columns)
        return None, jnp.where(steep, by_rows, by_columns)

    return jax.lax.scan(view, None, rays(geometry))[1]


@jax.custom_vjp
@jax.jit
def _project_back(sinogram: jax.Array, geometry: ScanGeometry) -> jax.Array:
    def view(image: jax.Array, measured: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
        line, angle, theta = measured
        return _spread(image, line, angle, theta, geometry), None

    start = jnp.zeros(geometry.image_shape, sinogram.dtype)
    return jax.lax.scan(view, start, (sinogram, geometry.angles, rays(geometry)[0]))[0]


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


def _lines(image: jax.Array) -> jax.Array:
    """The lines of an image with zeros beyond: one before, two behind."""
    return jnp.pad(image, ((0, 0), (1, 2)))


def _sum_of_crossings(
    lines: jax.Array,
    pixels: tuple[jax.Array, jax.Array],
    places: tuple[jax.Array, jax.Array],
    across: jax.Array,
    along: jax.Array,
    offset: jax.Array,
) -> jax.Array:
    """Δ/m · Σ over the lines of an image of its value where rays {x·across + y·along = offset} cross them: (D,).

    lines: as `_lines` has them. pixels, places: x of the first pixel, y of the first line, and on to the next.
    """
    n, length = lines.shape
    (x, dx), (y, dy) = pixels, places
    number = jnp.arange(n)
    first, further = ((offset - y * along) / across - x) / dx + 1, -dy * along / (across * dx)
    crossing = jnp.clip(first[:, None] + further[:, None] * number, 0, length - 2)  # of the padded line
    left = crossing.astype(jnp.int32)
    index = left + length * number
    pixel, neighbour = _at(lines.ravel(), index), _at(lines.ravel(), index + 1)
    return (pixel + (crossing - left) * (neighbour - pixel)).sum(axis=1) * jnp.abs(dx / across)


def _spread(
    image: jax.Array, line: jax.Array, angle: jax.Array, theta: jax.Array, geometry: ScanGeometry
) -> jax.Array:
    """The image (H, W) with what the rays of a view (D,) give to every pixel.

    With v and w, a pixel's place across the central ray, and along it away from the source: the ray through it
    lands at u = v / (1 + w/R), and it is cos γ · (1 + w/R) · |u − u_j| away from ray j [CT8].
    """
    x, y = geometry.columns, geometry.rows[:, None]
    cosine, sine, step = jnp.cos(angle), jnp.sin(angle), geometry.detector_spacing
    across = x * cosine + y * sine
    m = jnp.maximum(jnp.abs(jnp.cos(theta)), jnp.abs(jnp.sin(theta)))
    # 1 / how many detectors a ray reaches to either side, at the axis; nearer to the source it is more
    slopes = step * jnp.cos(angle - theta) / (geometry.pixel_spacing * m)
    corner = jnp.abs(y).max() * jnp.abs(cosine) + jnp.abs(x).max() * jnp.abs(sine)
    most = 1 / (slopes.min() * (1 - geometry.divergence * corner))
    n_pairs = jnp.minimum(jnp.ceil(most), len(line)).astype(jnp.int32)
    heights, padded = jnp.pad(line * geometry.pixel_spacing / m, 2), jnp.pad(slopes, 2, mode="edge")

    def of_parallel() -> jax.Array:
        return spread(across, jnp.ones_like(angle), 1 / slopes[0], lambda index: slopes[0])

    def of_fan() -> jax.Array:
        nearer = 1 / (1 + geometry.divergence * (y * cosine - x * sine))
        return spread(across * nearer, 1 / nearer, nearer / slopes.min(), lambda index: _at(padded, index))

    def spread(u: jax.Array, scale: jax.Array, reach: jax.Array, slope: Slope) -> jax.Array:
        """Two detectors at a time: of parallel rays, as far apart as the pixels, no pixel needs more."""
        seen = (u - geometry.detectors[0]) * (1 / step) + 2  # in detectors of the padded line
        first = jnp.floor(seen - reach) + 1

        def pair(k: jax.Array, image: jax.Array) -> jax.Array:
            place = jnp.clip(first + 2 * k, 0, len(line) + 2)
            index = place.astype(jnp.int32)
            for number in (0, 1):
                away = jnp.abs(seen - (place + number)) * scale * slope(index + number)
                image += _at(heights, index + number) * jnp.maximum(0, 1 - away)
            return image

        return jax.lax.fori_loop(0, n_pairs, pair, image)

    return jax.lax.cond(geometry.divergence == 0, of_parallel, of_fan)


def _at(array: jax.Array, index: jax.Array) -> jax.Array:
    return array.at[index].get(mode="promise_in_bounds")

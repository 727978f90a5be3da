"""`python -m tests.agreement.mixtures.on_devices COUNT KIND…`: so many devices share the pixels."""

import re
import sys
from functools import partial

import jax
import numpy as np

from deepmix import accelerated
from deepmix.accelerated.mixtures import _problem, gmm
from deepmix.accelerated.mixtures.families import Kind
from deepmix.conformance.drawing_families import draw_of_family, draw_values
from tests.agreement.mixtures.clusters import assert_same, clusters, fitted, start_of
from tests.tolerances import TRAJECTORY

DIAG = Kind(covariance_type="diag", family="gaussian")


def check_fits(meshes: list[jax.sharding.Mesh], kinds: list[str]) -> None:
    """The fits on the meshes are those of one device; the first covariance type on every mesh."""
    pixels = clusters(20_001)
    weights = np.random.default_rng(0).uniform(0, 2, pixels.shape[1])
    for method in ("gmm", "svgmm"):
        for kind in kinds:
            arguments = pixels, start_of(pixels, method, kind), weights
            options = {"covariance_type": kind, "tol": 1e-4, "max_iter": 40}
            one = fitted(accelerated, method, *arguments, **options)
            for mesh in meshes if kind == kinds[0] else meshes[:1]:
                assert_same(fitted(accelerated, method, *arguments, mesh=mesh, **options), one, TRAJECTORY)


def check_families(mesh: jax.sharding.Mesh) -> None:
    """Whose densities know no pixel that fills the image up unless it is like the others."""
    rng = np.random.default_rng(2)
    for family in ("student", "lognormal"):
        start = draw_of_family(rng, family, 2, 3)
        pixels = draw_values(rng, family, start, 5001)
        options = {"family": family, "tol": -np.inf, "max_iter": 4}
        one, shared = (accelerated.mixtures.gmm.fit(pixels, start, mesh=each, **options) for each in (None, mesh))
        assert_same(shared, one, TRAJECTORY)


def check_what_travels(mesh: jax.sharding.Mesh) -> None:
    """Between the devices go the sums of K classes, once a pass, and the moments of the floor: no pixels."""
    n_devices = mesh.devices.size
    pixels = clusters(n_devices * 4096)
    posed = _problem.pose(pixels, start_of(pixels, "gmm", "diag"), None, None, DIAG, parts=n_devices)
    layout = jax.tree.map(partial(jax.sharding.NamedSharding, mesh), _problem._layout(posed, mesh))
    placed = jax.device_put(posed, layout)
    lowered = _problem._solve_on_mesh.lower(gmm._algorithm, placed, 1e-3, DIAG, 9, mesh)
    collective = r"= (.*) (?:all-reduce|all-gather|all-to-all|collective-permute)[.(]"
    moved = re.findall(collective, lowered.compile().as_text())
    shapes = [shape for text in moved for shape in re.findall(r"\[([\d,]*)\]", text)]
    sizes = [int(np.prod([int(n) for n in shape.split(",") if n])) for shape in shapes]
    assert sizes
    assert max(sizes) <= 100


if __name__ == "__main__":
    n_devices, kinds = int(sys.argv[1]), sys.argv[2:]
    assert len(jax.devices()) == n_devices
    flat = jax.make_mesh((n_devices,), ("pixels",))
    check_fits([flat, jax.make_mesh((2, n_devices // 2), ("hosts", "chips"))], kinds)
    check_families(flat)
    check_what_travels(jax.sharding.Mesh(jax.devices(), ("pixels",)))
    print("equal")

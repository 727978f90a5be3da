"""`python -m tests.agreement.deep_mixtures.on_devices COUNT IMAGES…`: so many devices share batches."""

import sys

import jax
import numpy as np

from deepmix import accelerated
from deepmix.conformance.drawing import draw_parameters
from deepmix.reference.deep_mixtures.records import Training
from tests.agreement.deep_mixtures.test_many_images import CONFIG, MODELS, K, M, draw_batch
from tests.tolerances import TRAJECTORY, assert_agree, assert_tree_agrees


def check_training(mesh: jax.sharding.Mesh, n_images: int) -> None:
    """Two epochs on the mesh are those of one device; images that do not count fill the devices up."""
    rng = np.random.default_rng(0)
    parameters, batches = draw_parameters(rng, M, K, CONFIG), [draw_batch(rng, n_images) for _ in range(2)]
    model, training = MODELS["deepsvg-diag"]["deepmix.accelerated"], Training(tol=0.0, max_epochs=2)
    one, many = (
        accelerated.deep_mixtures.many_images.fit(
            parameters, lambda epoch: batches, model=model, training=training, mesh=each
        )
        for each in (None, mesh)
    )
    assert len(jax.tree.leaves(many.parameters)[0].sharding.device_set) == mesh.devices.size
    assert_tree_agrees(many.parameters, one.parameters, TRAJECTORY)
    assert_agree(many.history, one.history, TRAJECTORY)


if __name__ == "__main__":
    n_devices = int(sys.argv[1])
    assert len(jax.devices()) == n_devices
    mesh = jax.make_mesh((n_devices,), ("images",))
    for n_images in map(int, sys.argv[2:]):
        check_training(mesh, n_images)
    print("equal")

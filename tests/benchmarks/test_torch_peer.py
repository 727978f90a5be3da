"""The PyTorch peer takes the same steps as the reference."""

import numpy as np
import pytest

from benchmarks.deep_mixtures import volumes
from benchmarks.harness import problems
from deepmix.reference.deep_mixtures import one_image
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

pytestmark = pytest.mark.oracles


SIZES = {2: (UNetConfig(depth=2, filters=3), (3, 48, 48)), 3: (volumes.SMALL, (2, 8, 8, 8))}


@pytest.mark.parametrize("n_axes", SIZES)
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("max_norm", [12.0, 0.05])
def test_steps(channels_last, max_norm, n_axes):
    """PyTorch clips by max_norm/(norm + 10⁻⁶): a relative difference of 10⁻⁵, which AdamW divides out."""
    from benchmarks.peers import torch_deep

    config, shape = SIZES[n_axes]
    optimization = Optimization(learning_rate=1e-3, weight_decay=1e-2, max_norm=max_norm, min_steps=8, max_steps=8)
    image = problems.phantom(48, "float64") if n_axes == 2 else volumes.standard_balls(shape, "float64")
    parameters = unet_parameters(shape[0], 3, config)
    expected = one_image.fit(image, parameters, model=DeepModel(unet=config), optimization=optimization)
    take = torch_deep.steps(image, parameters, config, optimization=optimization, channels_last=channels_last)
    for _ in range(2):  # from the same parameters every time
        history, proportions = take(8)
        np.testing.assert_allclose(history, expected.history, rtol=1e-6)
        np.testing.assert_allclose(proportions, expected.proportions, atol=1e-5)

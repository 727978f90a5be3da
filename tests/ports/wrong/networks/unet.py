"""Mistakes in `networks.unet`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the skip stands before what comes from below",
        "np.concatenate([x, skips[level]])",
        "np.concatenate([skips[level], x])",
        "networks.unet.unet/one_pooling",
    ),
    Mistake(
        "the last LeakyReLU of the block is forgotten",
        "    x, pull_last = layers.leaky_relu(x, negative_slope)\n",
        "    pull_last = lambda dy: dy  # noqa: E731\n",
        "networks.unet.block/typical",
    ),
)

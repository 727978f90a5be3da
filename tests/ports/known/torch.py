"""PyTorch as a port: densities, layers, attention, AdamW, cross-entropy, as they come with it."""

import torch
import torch.nn.functional as F
from torch.distributions import MultivariateNormal

from deepmix.conformance.ports import nested
from tests.ports.known.autograd import of_known, with_pullback
from tests.ports.known.torch_optim import clip, polynomial_decay, update


def log_density(pixels, means, covariances, covariance_type):
    x, mean, covariance = (torch.tensor(each) for each in (pixels.T, means, covariances))
    if covariance_type in ("diag", "spherical"):
        covariance = covariance.reshape(len(mean), -1).expand(mean.shape).diag_embed()
    return MultivariateNormal(mean, covariance).log_prob(x[:, None]).T


def conv(x, kernel, bias=None):
    function = {4: F.conv2d, 5: F.conv3d}[kernel.ndim]
    return function(x[None], kernel.movedim((-1, -2), (0, 1)), bias, padding="same")[0]


def max_pool(x, factor=None):
    return {3: F.max_pool2d, 4: F.max_pool3d}[x.ndim](x, tuple(factor) if factor else 2)


def upsample(x, factor=None):
    return F.interpolate(x[None], scale_factor=tuple(map(float, factor)) if factor else 2)[0]


def instance_norm(x, scale, shift, eps=1e-5):
    return F.instance_norm(x[None], weight=scale, bias=shift, eps=eps)[0]


def dot_product(queries, keys, values, mask=None):
    return F.scaled_dot_product_attention(queries, keys, values, None if mask is None else torch.tensor(mask))


def cross_entropy(proportions, truth, class_weights=None, reduction="mean"):
    weight = None if class_weights is None else torch.tensor(class_weights)
    return F.nll_loss(proportions.log(), truth.argmax(dim=1), weight, reduction=reduction)


port = nested(
    {
        "mixtures.gaussian.log_density": log_density,
        "networks.layers.conv": with_pullback(conv, 3),
        "networks.layers.leaky_relu": with_pullback(F.leaky_relu, 1),
        "networks.layers.instance_norm": with_pullback(instance_norm, 3),
        "networks.layers.max_pool": with_pullback(max_pool, 1),
        "networks.layers.upsample": with_pullback(upsample, 1),
        "networks.layers.softmax": with_pullback(lambda logits: logits.softmax(dim=0), 1),
        "networks.attention.dot_product": with_pullback(dot_product, 3),
        "optimization.adamw.clip": clip,
        "optimization.adamw.update": update,
        "optimization.schedules.polynomial_decay": polynomial_decay,
        "losses.segmentation.cross_entropy": of_known(cross_entropy),
    }
)
mixtures, networks, optimization, losses = port.mixtures, port.networks, port.optimization, port.losses

"""deepSVG on one image in plain PyTorch, with parameters from the project's tree."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deepmix.reference.deep_mixtures.records import Optimization
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.types import Tree

# As for every contestant: products in the dtype of the data, no TF32; shapes stay the same, so that PyTorch may
# search for the fastest convolutions; a first call compiles, whatever ran before.
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"


# By the number of axes: convolution, instance norm, pooling.
LAYERS: dict[int, Any] = {
    2: (nn.Conv2d, nn.InstanceNorm2d, F.max_pool2d),
    3: (nn.Conv3d, nn.InstanceNorm3d, F.max_pool3d),
}


class Block(nn.Module):
    """conv 3×3 → LeakyReLU → conv 3×3 without bias → instance norm → LeakyReLU; 3×3×3 for volumes."""

    def __init__(self, n_in: int, n_out: int, slope: float, n_axes: int) -> None:
        super().__init__()
        conv, norm = LAYERS[n_axes][:2]
        self.conv_0 = conv(n_in, n_out, 3, padding=1)
        self.conv_1 = conv(n_out, n_out, 3, padding=1, bias=False)
        self.norm = norm(n_out, affine=True)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        x = F.leaky_relu(self.conv_0(x), self.slope)
        return F.leaky_relu(self.norm(self.conv_1(x)), self.slope)


class UNet(nn.Module):
    """Logits (1, K, *spatial) of an image (1, M, *spatial), of equal spacings."""

    def __init__(self, n_channels: int, n_components: int, config: UNetConfig) -> None:
        super().__init__()
        depth, slope, n_axes = config.depth, config.negative_slope, len(config.spacing)
        conv, _, self.pool = LAYERS[n_axes]
        filters = [config.filters * 2**level for level in range(depth + 1)]
        sizes = zip([n_channels, *filters], filters, strict=False)
        *encoder, bottom = (Block(*size, slope, n_axes) for size in sizes)
        self.encoder, self.bottom = nn.ModuleList(encoder), bottom
        self.up = nn.ModuleList(conv(2 * f, f, 1) for f in filters[:-1])
        self.decoder = nn.ModuleList(Block(2 * f, f, slope, n_axes) for f in filters[:-1])
        self.head = conv(filters[0], n_components, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for block in self.encoder:
            skips.append(block(x))
            x = self.pool(skips[-1], 2)
        x = self.bottom(x)
        for up, block, skip in reversed(list(zip(self.up, self.decoder, skips, strict=True))):
            x = block(torch.cat([up(F.interpolate(x, scale_factor=2.0)), skip], dim=1))
        return self.head(x)


def loss(network: nn.Module, image: Tensor, floor: Tensor) -> tuple[Tensor, Tensor]:
    """The NLL [SV1] of Π = Φ_θ(I), with μ and Σ (diagonal) as functions of Π [DG3]; and Π (K, *spatial)."""
    logits = network(image)[0]
    log_proportions = logits.log_softmax(0).flatten(1)
    proportions, pixels = log_proportions.exp(), image[0].flatten(1)
    share = proportions / proportions.sum(1, keepdim=True)
    means = share @ pixels.T
    squared = (pixels - means[:, :, None]).square()
    variances = (share[:, None] * squared).sum(2) + floor
    log_det = (2 * torch.pi * variances).log().sum(1)
    log_densities = -0.5 * ((squared / variances[:, :, None]).sum(1) + log_det[:, None])
    nll = -(log_proportions + log_densities).logsumexp(0).mean()
    return nll, proportions.detach().view_as(logits)


def steps(
    image: np.ndarray,
    parameters: Tree,
    config: UNetConfig,
    *,
    optimization: Optimization = Optimization(),
    device: str = "cpu",
    channels_last: bool = False,
    compiled: bool = False,
) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """A function that takes n steps of Algorithm 3 from the parameters, and returns all NLLs and the last Π.

    image: (M, *spatial). compiled: the loss and its gradient by torch.compile, for a network that stays the same.
    """
    dtype, layout = getattr(torch, image.dtype.name), _layout(channels_last, image.ndim - 1)
    network = UNet(len(image), len(parameters["head"]["bias"]), config)
    network = network.to(device, dtype, memory_format=layout)
    state = dict(_state(parameters))
    x = torch.tensor(image[None], device=device).contiguous(memory_format=layout)
    floor = 1e-6 * x[0].flatten(1).var(1, correction=0)
    evaluate = torch.compile(loss) if compiled else loss

    def take(n: int) -> tuple[np.ndarray, np.ndarray]:
        network.load_state_dict(state)
        rate, decay = optimization.learning_rate, optimization.weight_decay
        optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=decay)
        history = []
        for _ in range(n):
            optimizer.zero_grad()
            nll, proportions = evaluate(network, x, floor)
            nll.backward()
            nn.utils.clip_grad_norm_(network.parameters(), optimization.max_norm)
            optimizer.step()
            history.append(nll.item())  # as the stopping rule needs it
        return np.array(history), proportions.cpu().numpy()

    return take


def why_not_compiled(device: str) -> str | None:
    """What keeps torch.compile from working on this machine; None if it works."""
    try:
        torch.compile(torch.sin)(torch.ones(8, device=device))
    except Exception as error:  # a compiler, a header, Triton … may be missing, each with an error of its own
        return f"torch.compile fails: {type(error).__name__}"
    return None


def _layout(channels_last: bool, n_axes: int) -> torch.memory_format:
    last = {2: torch.channels_last, 3: torch.channels_last_3d}[n_axes]
    return last if channels_last else torch.contiguous_format


def _state(tree: Tree, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """The leaves by PyTorch's names: encoder_0/conv_0/kernel (*k, in, out) is encoder.0.conv_0.weight."""
    names = {"kernel": "weight", "scale": "weight", "shift": "bias"}
    for name, leaf in tree.items():
        if isinstance(leaf, dict):
            yield from _state(leaf, f"{path}{name if path else name.replace('_', '.')}.")
        else:
            array = np.array(np.moveaxis(leaf, (-1, -2), (0, 1)) if leaf.ndim > 1 else leaf)
            yield f"{path}{names.get(name, name)}", torch.from_numpy(array)

"""The algorithms of deepmix in PyTorch, from the specification's pages and FORMAT.md alone, by autograd."""

import functools
import math
from collections import namedtuple
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.func import grad_and_value, vjp
from torch.utils._pytree import tree_leaves, tree_map

Mixture = namedtuple("Mixture", "proportions means covariances")
Moments = namedtuple("Moments", "counts means covariances degenerate")
Fit = namedtuple("Fit", "value history status degenerate mixture responsibilities labels")
Evaluation = namedtuple("Evaluation", "value degenerate mixture proportions responsibilities")
CONVERGED, LIMIT, NON_FINITE = 1, 2, 3

# Gaussian


def covariance_matrices(covariances: Tensor, covariance_type: str, n_components: int, n_channels: int) -> Tensor:
    """Covariances of any type as (K, M, M)."""
    if covariance_type in ("tied", "full"):
        return covariances.expand(n_components, -1, -1)
    return covariances.reshape(n_components, -1).expand(-1, n_channels).diag_embed()


def log_density(pixels: Tensor, means: Tensor, covariances: Tensor, covariance_type: str) -> Tensor:
    """[G1], (K, N); NaN where a covariance is not positive definite."""
    root, info = torch.linalg.cholesky_ex(covariance_matrices(covariances, covariance_type, *means.shape))
    root = root.masked_fill((info != 0)[:, None, None], math.nan)
    whitened = torch.linalg.solve_triangular(root, pixels - means[:, :, None], upper=False)
    log_det = 2 * root.diagonal(dim1=1, dim2=2).log().sum(1, keepdim=True)
    return -0.5 * (means.shape[1] * math.log(2 * math.pi) + log_det + whitened.square().sum(1))


def posterior(log_proportions: Tensor, log_densities: Tensor) -> tuple[Tensor, Tensor]:
    """[EM1], [SV2], and the log-likelihood of each pixel."""
    joint = log_proportions + log_densities
    log_likelihood = joint.logsumexp(0)
    return (joint - log_likelihood).exp(), log_likelihood


def moments(
    pixels: Tensor, r: Tensor, weights: Tensor, floor: Tensor, previous: Mixture, covariance_type: str
) -> Moments:
    """[G2] in two passes, with the floor and the degenerate classes of [G3]."""
    inside = weights > 0
    joint = weights[inside] * r[:, inside]
    counts = joint.sum(1)
    degenerate = counts < 10 * torch.finfo(counts.dtype).tiny
    shares = joint / counts.masked_fill(degenerate, 1)[:, None]
    means = torch.where(degenerate[:, None], previous.means, shares @ pixels[:, inside].T)
    centred = pixels[:, inside] - means[:, :, None]
    found = (shares[:, None] * centred) @ centred.mT
    if covariance_type == "tied":
        used = counts.masked_fill(degenerate, 0)
        found = torch.einsum("k,kij->ij", used / used.sum(), found)
    found = found + floor.diag()
    if covariance_type in ("diag", "spherical"):
        found = found.diagonal(dim1=1, dim2=2)
    if covariance_type == "spherical":
        found = found.mean(1)
    kept = degenerate.all() if covariance_type == "tied" else degenerate.view(-1, *[1] * (found.ndim - 1))
    return Moments(
        counts=counts,
        means=means,
        covariances=torch.where(kept, previous.covariances, found),
        degenerate=degenerate,
    )


def variance_floor(pixels: Tensor, weights: Tensor) -> Tensor:
    """[G3], (M,)."""
    pixels, weights = pixels[:, weights > 0], weights[weights > 0]
    shares = weights / weights.sum()
    variances = (pixels - (pixels @ shares)[:, None]).square() @ shares
    return torch.where(pixels.amax(1) == pixels.amin(1), 1e-12, 1e-6 * variances)


def global_mixture(
    pixels: Tensor, weights: Tensor, floor: Tensor, n_components: int, covariance_type: str
) -> Mixture:
    """K equal Gaussians with the global moments, [G2]."""
    r, nothing = pixels.new_ones(n_components, pixels.shape[1]), Mixture._make([pixels.new_zeros(())] * 3)
    found = moments(pixels, r, weights, floor, nothing, covariance_type)
    return Mixture(
        proportions=pixels.new_full((n_components,), 1 / n_components),
        means=found.means,
        covariances=found.covariances,
    )


# Algorithms 1 and 2


def mean_nll(log_likelihood: Tensor, weights: Tensor) -> Tensor:
    """[EM2], [SV1]."""
    return -(weights[weights > 0] @ log_likelihood[weights > 0]) / weights.sum()


def e_step(pixels: Tensor, mixture: Mixture, covariance_type: str) -> tuple[Tensor, Tensor]:
    """[EM1] for proportions (K,), [SV2] for proportions (K, N)."""
    log_proportions = mixture.proportions.reshape(len(mixture.means), -1).log()
    return posterior(log_proportions, log_density(pixels, mixture.means, mixture.covariances, covariance_type))


def nll(pixels: Tensor, mixture: Mixture, weights: Tensor, covariance_type: str) -> Tensor:
    """[EM2], [SV1]."""
    return mean_nll(e_step(pixels, mixture, covariance_type)[1], weights)


def gmm_m_step(
    pixels: Tensor, r: Tensor, weights: Tensor, floor: Tensor, previous: Mixture, covariance_type: str
) -> tuple[Mixture, Moments]:
    """[EM3]."""
    found = moments(pixels, r, weights, floor, previous, covariance_type)
    proportions = found.counts.masked_fill(found.degenerate, 0) / weights.sum()
    return Mixture(proportions=proportions, means=found.means, covariances=found.covariances), found


def svgmm_m_step(
    pixels: Tensor, r: Tensor, weights: Tensor, floor: Tensor, previous: Mixture, covariance_type: str
) -> tuple[Mixture, Moments]:
    """[SV3]."""
    found = moments(pixels, r, weights, floor, previous, covariance_type)
    return Mixture(proportions=r, means=found.means, covariances=found.covariances), found


def begin(pixels: Tensor, mixture: Mixture, covariance_type: str) -> Mixture:
    """The start of Algorithm 2: the posteriors [EM1] of a GMM as proportions."""
    return Mixture(
        proportions=e_step(pixels, mixture, covariance_type)[0],
        means=mixture.means,
        covariances=mixture.covariances,
    )


def checked(pixels: Tensor, start: Mixture, weights: Tensor, covariance_type: str) -> Tensor:
    """What bad input gets: a ValueError, or pixels whose outside is the mean of each channel."""
    (m, n), k, inside = pixels.shape, len(start.means), weights > 0
    shapes = {"diag": (k, m), "spherical": (k,), "tied": (m, m), "full": (k, m, m)}
    found = [tuple(array.shape) for array in (start.means, start.covariances, weights)]
    if found != (expected := [(k, m), shapes.get(covariance_type), (n,)]):
        raise ValueError(f"means, covariances ({covariance_type}), weights have shapes {found}, not {expected}")
    if (weights < 0).any() or inside.sum() < max(k, 1):
        raise ValueError(f"negative weights, or n_samples={int(inside.sum())} should be >= n_components={k}")
    if any(bad := (~pixels[:, inside].isfinite()).sum(1).tolist()):
        raise ValueError(f"values that are not finite, in each channel: {bad}")
    means = pixels[:, inside] @ weights[inside] / weights.sum()
    return torch.where(pixels.isfinite(), pixels, means[:, None])


def fit(
    m_step: Callable, pixels: Tensor, start: Mixture, weights: Tensor | None = None, covariance_type: str = "diag",
    tol: float = 1e-3, max_iter: int = 100, floor: Tensor | None = None,
) -> Fit:  # fmt: skip
    """Algorithm 1 or 2, by its M-step."""
    weights = pixels.new_ones(pixels.shape[1]) if weights is None else weights
    pixels = checked(pixels, start, weights, covariance_type)
    floor = variance_floor(pixels, weights) if floor is None else floor
    if start.proportions.ndim == 2:  # outside Ω they may be unknown
        known = start.proportions.isfinite() | (weights > 0)
        start = start._replace(proportions=torch.where(known, start.proportions, 1 / len(start.means)))
    mixture, degenerate, history = start, torch.zeros(len(start.means), dtype=torch.bool), []
    while True:
        r, log_likelihood = e_step(pixels, mixture, covariance_type)
        history.append(mean_nll(log_likelihood, weights))
        if (finite := bool(history[-1].isfinite())) or len(history) == 1:
            labels = (mixture.proportions if mixture.proportions.ndim == 2 else r).argmax(0)  # [SV3] or [EM4]
            kept = {"value": history[-1], "degenerate": degenerate, "mixture": mixture}
            kept |= {"responsibilities": r, "labels": labels}
        if not finite:
            status = NON_FINITE
        elif len(history) > 1 and history[-2] - history[-1] < tol:
            status = CONVERGED
        elif len(history) > max_iter:
            status = LIMIT
        else:
            mixture, found = m_step(pixels, r, weights, floor, mixture, covariance_type)
            degenerate = found.degenerate
            continue
        return Fit(history=torch.stack(history), status=status, **kept)


# The network


def conv(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """[U1], [NN1], kernels (*k, in, out)."""
    function = {4: F.conv2d, 5: F.conv3d}[kernel.ndim]
    return function(x[None], kernel.movedim((-1, -2), (0, 1)), bias, padding="same")[0]


def leaky_relu(x: Tensor, negative_slope: float) -> Tensor:
    """[U1], with the derivative 1 at 0."""
    return torch.where(x >= 0, x, negative_slope * x)


def instance_norm(x: Tensor, scale: Tensor, shift: Tensor, eps: float = 1e-5) -> Tensor:
    """[U1], with the biased variance."""
    variance, mean = torch.var_mean(x, tuple(range(1, x.ndim)), correction=0, keepdim=True)
    scale, shift = (each.reshape(-1, *[1] * (x.ndim - 1)) for each in (scale, shift))
    return (x - mean) / (variance + eps).sqrt() * scale + shift


def max_pool(x: Tensor, factor: tuple[int, ...] | None = None) -> Tensor:
    """[U2], [NN1]."""
    return {3: F.max_pool2d, 4: F.max_pool3d}[x.ndim](x[None], tuple(factor or [2] * (x.ndim - 1)))[0]


def upsample(x: Tensor, factor: tuple[int, ...] | None = None) -> Tensor:
    """[U3], [NN1]."""
    for axis, times in enumerate(factor or [2] * (x.ndim - 1), start=1):
        x = x.repeat_interleave(times, axis)
    return x


def block(parameters: dict, x: Tensor, negative_slope: float) -> Tensor:
    """[U1]."""
    x = leaky_relu(conv(x, **parameters["conv_0"]), negative_slope)
    return leaky_relu(instance_norm(conv(x, **parameters["conv_1"]), **parameters["norm"]), negative_slope)


def levels(config: Any) -> tuple[list, list, list]:
    """[NN2]: kernels, factors and the multiples of sizes."""
    spacing, size = list(config.spacing), list(config.size or [math.inf] * len(config.spacing))
    if not 2 <= len(spacing) <= 3 or min(spacing) <= 0 or len(size) != len(spacing):
        raise ValueError(f"no network has the spacing {config.spacing} and the size {config.size}")
    axes, kernels, factors = range(len(spacing)), [], []
    while True:
        long = [axis for axis in axes if size[axis] >= 8]
        finest = min((spacing[axis] for axis in long or axes if size[axis] > 1), default=math.inf)
        near = [spacing[axis] < 2 * finest for axis in axes]
        before = kernels[-1] if kernels else [1] * len(spacing)
        kernels.append([3 if near[axis] and size[axis] > 1 else before[axis] for axis in axes])
        if len(factors) == config.depth or not long:
            return kernels, factors, [math.prod(each[axis] for each in factors) for axis in axes]
        factors.append([2 if axis in long and near[axis] else 1 for axis in axes])
        for axis, factor in enumerate(factors[-1]):
            spacing[axis] *= factor
            size[axis] = size[axis] if size[axis] == math.inf else -(-size[axis] // factor)


def network(parameters: dict, image: Tensor, config: Any) -> Tensor:
    """[U2], [U3], [U4] without the softmax: the logits."""
    x, skips = image, []
    _, factors, _ = levels(config)
    for level, factor in enumerate(factors):
        skips.append(block(parameters[f"encoder_{level}"], x, config.negative_slope))
        x = max_pool(skips[-1], factor)
    x = block(parameters["bottom"], x, config.negative_slope)
    for level, factor in reversed([*enumerate(factors)]):
        x = torch.cat([conv(upsample(x, factor), **parameters[f"up_{level}"]), skips[level]])
        x = block(parameters[f"decoder_{level}"], x, config.negative_slope)
    return conv(x, **parameters["head"])


# Regularisation and Algorithm 3


def total_variation(
    proportions: Tensor, mixture: Mixture, image: Tensor, mask: Tensor, spacing: Tensor | None = None
) -> Tensor:
    """[R2], [NN3]."""
    spacing = proportions.new_ones(mask.ndim) if spacing is None else spacing
    total = 0
    for axis in range(mask.ndim):
        steps = proportions.movedim(1 + axis, 1).diff(dim=1).abs()
        inside = (mask > 0).movedim(axis, 0)
        total = total + spacing.min() / spacing[axis] * (steps * (inside[1:] & inside[:-1])).sum()
    return total / mask.sum()


def mean_prior(proportions: Tensor, mixture: Mixture, image: Tensor, mask: Tensor, means: Tensor) -> Tensor:
    """[R1], with the means as functions of the proportions by [G2]."""
    pixels, r, weights = image.flatten(1), proportions.flatten(1), mask.flatten().to(image.dtype)
    previous = Mixture(
        proportions=mixture.proportions, means=mixture.means, covariances=torch.zeros_like(mixture.means)
    )
    found = moments(pixels, r, weights, image.new_zeros(len(image)), previous, "diag")
    return (found.means - means).square().sum()


def blend(previous: Mixture, found: Mixture, rate: float, covariance_type: str) -> Mixture:
    """[VE3]: moments (π, π μ, π (Σ + μμᵀ)), averaged, and what they say of μ and Σ about the new means."""
    old, new = (1 - rate) * previous.proportions, rate * found.proportions
    total = old + new
    share = torch.where(total > 0, new / total.where(total > 0, torch.ones_like(total)), 0)
    k, m = previous.means.shape
    means = previous.means + share[:, None] * (found.means - previous.means)
    parts = [
        (weight, covariance_matrices(each.covariances, covariance_type, k, m), (each.means - means))
        for weight, each in ((1 - share, previous), (share, found))
    ]
    about = [(weight, matrix, d[:, :, None] * d[:, None]) for weight, matrix, d in parts]
    if covariance_type == "tied":
        between = sum((total * weight)[:, None, None] * dd for weight, _, dd in about).sum(0)
        return Mixture(
            proportions=total,
            means=means,
            covariances=(1 - rate) * previous.covariances + rate * found.covariances + between,
        )
    matrices = sum(weight[:, None, None] * (matrix + dd) for weight, matrix, dd in about)
    variances = matrices.diagonal(dim1=1, dim2=2)
    return Mixture(
        proportions=total,
        means=means,
        covariances={"full": matrices, "diag": variances}.get(covariance_type, variances.mean(1)),
    )


def free_energy(
    proportions: Tensor,
    mixture: Mixture,
    pixels: Tensor,
    weights: Tensor,
    covariance_type: str = "diag",
    contamination: float = 0.0,
) -> Tensor:
    """[VE1]."""
    return energy(proportions.log(), mixture, pixels, weights, covariance_type, contamination)


def energy(
    log_q: Tensor, mixture: Mixture, pixels: Tensor, weights: Tensor, covariance_type: str, contamination: float
) -> Tensor:
    """[VE1] of log q, so that a class that underflows has a gradient; [VE4]."""
    joint = mixture.proportions.log()[:, None] + log_density(
        pixels, mixture.means, mixture.covariances, covariance_type
    )
    if contamination:  # the posterior's share 1 − ε, and ε of π
        log_share = math.log(contamination) + mixture.proportions.log()[:, None]
        nll = joint.logsumexp(0)
        joint = nll + torch.logaddexp(math.log1p(-contamination) + joint - nll, log_share)
    q = log_q.exp()
    each = q * torch.where(q > 0, log_q - joint, 0)
    return each.sum(0) @ weights / weights.sum()


def loss(
    parameters: dict,
    image: Tensor,
    previous: Mixture,
    weights: Tensor,
    floor: Tensor,
    model: Any,
    damping: float = 1.0,
) -> tuple[Tensor, Evaluation]:
    """[DG2], [DG3], then [SV1] (deepSVG) or [EM2] (deepG), or [VE1] after [VE3], with the regularisers."""
    if (model.m_step_gradient, model.m_step_weights) == ("through", "posterior"):
        raise ValueError("m_step_weights='posterior' goes with m_step_gradient='held' only")
    kind, logits = model.covariance_type, network(parameters, image, model.unet)
    pixels, w, log_priors = image.flatten(1), weights.flatten(), logits.log_softmax(0).flatten(1)
    peaks = log_priors[:, w > 0].amax(1, keepdim=True).detach()  # so that no mean underflows
    log_proportions = peaks[:, 0] + ((log_priors - peaks).exp()[:, w > 0] @ w[w > 0] / w.sum()).log()
    seen = found = moments(pixels, log_priors.exp(), w, floor, previous, kind)
    if model.m_step_weights == "posterior":
        r, _ = posterior(log_priors, log_density(pixels, previous.means, previous.covariances, kind))
        found = moments(pixels, r, w, floor, previous, kind)
    if model.m_step_gradient == "held":
        found = Moments._make([moment.detach() for moment in found])
    mixture = Mixture(proportions=log_proportions.exp(), means=found.means, covariances=found.covariances)
    if model.objective == "free_energy":
        mixture = Mixture._make([each.detach() for each in blend(previous, mixture, damping, kind)])
    densities = log_density(pixels, mixture.means, mixture.covariances, kind)
    gamma, log_likelihood = posterior(log_priors, densities)
    if model.objective == "nll":
        _, log_likelihood = posterior(log_proportions[:, None], densities)
    total = value = mean_nll(log_likelihood, w)
    if model.objective == "free_energy":
        total = value = energy(log_priors, mixture, pixels, w, kind, model.contamination)
    proportions = logits.softmax(0)
    for regularizer, strength in model.regularizers:  # functions of this module's namespace, [R]
        seen_mixture = Mixture(proportions=mixture.proportions, means=seen.means, covariances=seen.covariances)
        total = total + strength * regularizer(proportions, seen_mixture, image, weights)[0]
    return total, Evaluation(
        value=value,
        degenerate=found.degenerate,
        mixture=mixture,
        proportions=proportions,
        responsibilities=gamma.view_as(logits),
    )


def loss_and_gradient(*args: Any) -> tuple[Tensor, Evaluation, dict]:
    """[DG1], [DG4], [DG5], [VE2]."""
    gradient, (total, evaluation) = grad_and_value(loss, has_aux=True)(*args)
    return total, evaluation, gradient


# The boundary: arrays in and out, values with pullbacks or gradients


def with_pullback(n: int, function: Callable) -> Callable:
    """The function, returning its value and its pullback to its first n arguments (arrays, trees or None)."""

    def call(*args: Any) -> tuple[Tensor, Callable]:
        primals = [argument for argument in args[:n] if argument is not None]
        return vjp(lambda *primals: function(*primals, *args[len(primals) :]), *primals)

    return call


def with_gradient(function: Callable) -> Callable:
    """The function, returning its value and its gradient at its first argument."""
    return lambda *args, **kwargs: grad_and_value(function)(*args, **kwargs)[::-1]


def inward(leaf: Any) -> Any:
    """An array as a tensor."""
    return torch.from_numpy(leaf.copy()) if isinstance(leaf, np.ndarray) else leaf


def outward(leaf: Any) -> Any:
    """A tensor as an array, a pullback as one of arrays."""
    if callable(leaf):
        return of_arrays(leaf)
    return leaf.detach().numpy() if isinstance(leaf, Tensor) else leaf


def of_arrays(function: Callable) -> Callable:
    """A function of tensors as one of arrays; called with tensors, it stays one of tensors."""

    @functools.wraps(function)  # its arguments are seen: the kit asks for no family of distributions
    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*tree_map(inward, args), **tree_map(inward, kwargs))
        return result if any(isinstance(leaf, Tensor) for leaf in tree_leaves(args)) else tree_map(outward, result)

    return call


def namespace(*functions: Callable, **named: Callable) -> SimpleNamespace:
    """Functions as a module of the port."""
    named |= {function.__name__: function for function in functions}
    return SimpleNamespace(**{name: of_arrays(function) for name, function in named.items()})


three = {f.__name__: with_pullback(3, f) for f in (conv, instance_norm)}
one = {f.__name__: with_pullback(1, f) for f in (leaky_relu, max_pool, upsample)}

mixtures = SimpleNamespace(
    gaussian=namespace(
        covariance_matrices, log_density, posterior, moments, variance_floor, global_mixture, blend
    ),
    em=namespace(mean_nll),
    gmm=namespace(e_step, nll, m_step=gmm_m_step, fit=functools.partial(fit, gmm_m_step)),
    svgmm=namespace(e_step, nll, begin, m_step=svgmm_m_step, fit=functools.partial(fit, svgmm_m_step)),
)
networks = SimpleNamespace(
    layers=namespace(**three, **one, softmax=with_pullback(1, lambda logits: logits.softmax(0))),
    levels=namespace(plan=levels),
    unet=namespace(block=with_pullback(2, block), unet=with_pullback(2, network)),
)
deep_mixtures = SimpleNamespace(
    objectives=namespace(free_energy_of=free_energy),
    regularizers=namespace(**{f.__name__: with_gradient(f) for f in (total_variation, mean_prior)}),
    one_image=namespace(loss, loss_and_gradient),
)

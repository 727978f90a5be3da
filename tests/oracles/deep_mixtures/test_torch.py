"""The network, the loss and 20 steps of AdamW against a small PyTorch implementation, in float64."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepmix.conformance.drawing import draw_parameters
from deepmix.reference.deep_mixtures import one_image, regularizers
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.networks.levels import plan
from deepmix.reference.networks.unet import unet
from deepmix.reference.trees import tree_map
from tests import problems
from tests.laws.helpers import close, flat

torch = pytest.importorskip("torch")
functional = torch.nn.functional

pytestmark = pytest.mark.oracles
EXAMPLES = settings.default.max_examples
torch.set_num_threads(1)


# The same algorithm, written for PyTorch


class TorchUNet(torch.nn.Module):
    """[U1]–[U4] over a tree of the reference, its kernels turned to PyTorch's (out, in, *k)."""

    def __init__(self, tree, config):
        super().__init__()
        self.factors, self.slope = plan(config).factors, config.negative_slope
        self.conv_nd, self.pool_nd = {
            2: (functional.conv2d, functional.max_pool2d),
            3: (functional.conv3d, functional.max_pool3d),
        }[len(config.spacing)]
        self.weights = torch.nn.ParameterDict()
        self._take("", tree)

    def _take(self, path, tree):
        for name, leaf in tree.items():
            if isinstance(leaf, dict):
                self._take(f"{path}{name}/", leaf)
            else:
                value = torch.tensor(np.array(leaf))
                value = value.movedim((-1, -2), (0, 1)).contiguous() if value.ndim > 1 else value
                self.weights[f"{path}{name}"] = torch.nn.Parameter(value)

    def tree(self, like, values=None, path=""):
        """The parameters, or `values` of theirs by path, as a tree of the reference."""
        values = {name: p.detach() for name, p in self.weights.items()} if values is None else values
        return {
            name: self.tree(leaf, values, f"{path}{name}/")
            if isinstance(leaf, dict)
            else self.as_kernel(values[f"{path}{name}"]).numpy()
            for name, leaf in like.items()
        }

    @staticmethod
    def as_kernel(value):
        return value.movedim((0, 1), (-1, -2)) if value.ndim > 1 else value

    def conv(self, x, name):
        kernel = self.weights[f"{name}/kernel"]
        bias = self.weights.get(f"{name}/bias")
        return self.conv_nd(x, kernel, bias, padding="same")

    def block(self, x, name):
        x = functional.leaky_relu(self.conv(x, f"{name}/conv_0"), self.slope)
        scale, shift = self.weights[f"{name}/norm/scale"], self.weights[f"{name}/norm/shift"]
        x = functional.instance_norm(self.conv(x, f"{name}/conv_1"), weight=scale, bias=shift, eps=1e-5)
        return functional.leaky_relu(x, self.slope)

    def forward(self, image):
        x, skips = image[None], []
        for level, factor in enumerate(self.factors):
            x = self.block(x, f"encoder_{level}")
            skips.append(x)
            x = self.pool_nd(x, factor)
        x = self.block(x, "bottom")
        for level, factor in reversed([*enumerate(self.factors)]):
            grown = functional.interpolate(x, scale_factor=tuple(map(float, factor)), mode="nearest")
            x = self.conv(grown, f"up_{level}")
            x = self.block(torch.cat([x, skips[level]], dim=1), f"decoder_{level}")
        return self.conv(x, "head")[0]


def torch_log_density(x, means, covariances):
    """(N, K), by torch.distributions; x (N, M), covariances (K, M, M)."""
    return torch.distributions.MultivariateNormal(means, covariances).log_prob(x[:, None])


def torch_loss(net, problem, objective, with_regularizers=False):
    """NLL with μ, Σ by [G2] as functions of Π, so that autograd goes through them; and the regularised loss."""
    image, weights = torch.tensor(np.array(problem.image)), torch.tensor(np.array(problem.weights)).flatten()
    proportions = torch.softmax(net(image), dim=0)
    p, x, w = proportions.flatten(1).T, image.flatten(1).T, weights / weights.sum()  # (N, K), (N, M), (N,)
    r = p * w[:, None]
    counts = r.sum(dim=0)
    means = r.T @ x / counts[:, None]
    d = x[:, None] - means
    scatter = torch.einsum("nk,nki,nkj->kij", r, d, d)
    if problem.covariance_type == "tied":
        covariances = (scatter.sum(dim=0) / counts.sum()).expand_as(scatter)
    else:
        covariances = scatter / counts[:, None, None]
    covariances = covariances + torch.diag(torch.tensor(np.array(problem.floor)))
    variances = torch.diagonal(covariances, dim1=1, dim2=2)
    if problem.covariance_type == "diag":
        covariances = torch.diag_embed(variances)
    if problem.covariance_type == "spherical":
        covariances = torch.diag_embed(variances.mean(dim=1, keepdim=True).expand_as(variances))
    logs = torch.log(p) if objective == "nll_v" else torch.log(counts)
    nll = -(w * torch.logsumexp(logs + torch_log_density(x, means, covariances), dim=1)).sum()
    if not with_regularizers:
        return nll, nll
    inside = (weights > 0).reshape(problem.weights.shape)
    rows = (proportions.diff(dim=1).abs() * (inside[1:] & inside[:-1])).sum()
    columns = (proportions.diff(dim=2).abs() * (inside[:, 1:] & inside[:, :-1])).sum()
    target = torch.tensor(means_data(problem))
    return nll + 0.5 * ((means - target) ** 2).sum() + 0.2 * (rows + columns) / weights.sum(), nll


# The comparison


def means_data(problem):
    return np.ones_like(problem.previous.means)


def model_for(problem, objective, with_regularizers=False):
    prior = partial(regularizers.mean_prior, means=means_data(problem))
    both = ((prior, 0.5), (regularizers.total_variation, 0.2))
    return DeepModel(
        unet=problem.config,
        objective=objective,
        covariance_type=problem.covariance_type,
        regularizers=both if with_regularizers else (),
    )


every_type = pytest.mark.parametrize("kind", COVARIANCE_TYPES)
every_loss = pytest.mark.parametrize("objective", ["nll_v", "nll"])


@given(data=st.data())
def test_u_logits(data):
    """[U3]."""
    problem = data.draw(problems.deep_mixtures.deep_problems("diag"))
    with torch.no_grad():
        expected = TorchUNet(problem.parameters, problem.config)(torch.tensor(np.array(problem.image))).numpy()
    close(unet(problem.parameters, problem.image, problem.config)[0], expected, 1e-9)


@pytest.mark.parametrize("config", problems.networks.VOLUMES)
@given(rng=problems.generators)
def test_nn2_logits_and_gradients_of_a_volume(config, rng):
    parameters = draw_parameters(rng, 2, 3, config)
    image, dy = (rng.normal(size=(channels, *problems.networks.VOLUME)) for channels in (2, 3))
    net = TorchUNet(parameters, config)
    expected = net(torch.tensor(image))
    value, pullback = unet(parameters, image, config)
    close(value, expected.detach().numpy(), 1e-9)
    expected.backward(torch.tensor(dy))
    slopes = net.tree(parameters, {name: p.grad for name, p in net.weights.items()})
    gradient = tree_map(lambda _, leaf: leaf, slopes, pullback(dy)[0])
    close(flat(gradient), flat(slopes), 1e-8)


@every_loss
@every_type
@given(data=st.data(), regularized=st.booleans())
def test_dg1_loss_and_gradient_through_the_moments(kind, objective, data, regularized):
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    net = TorchUNet(problem.parameters, problem.config)
    loss, nll = torch_loss(net, problem, objective, regularized)
    loss.backward()
    expected = net.tree(problem.parameters, {name: p.grad for name, p in net.weights.items()})
    value, evaluation, gradient = one_image.loss_and_gradient(
        problem.parameters,
        problem.image,
        problem.previous,
        problem.weights,
        problem.floor,
        model_for(problem, objective, regularized),
    )
    close(value, loss.item(), 1e-10)
    close(evaluation.value, nll.item(), 1e-10)
    gradient = tree_map(lambda _, leaf: leaf, expected, gradient)
    # rounding leaves 100 u of the terms of size 1 that cancel where the classes are nearly alike
    close(flat(gradient), flat(expected), 1e-8, scale=max(np.abs(flat(expected)).max(), 1e-6))


@every_loss
@every_type
@settings(max_examples=max(1, EXAMPLES // 5))
@given(data=st.data(), max_norm=st.sampled_from((12.0, 0.05)), regularized=st.booleans())
def test_u5_u6_dg1_twenty_steps(kind, objective, max_norm, data, regularized):
    """NLL_0 … NLL_19 and θ_19.

    PyTorch clips by max_norm/(norm + 10⁻⁶): 10⁻⁵ of a gradient of norm 0.1. AdamW divides a constant
    factor out again, and what remains of it, ε against single slopes of 10⁻⁶, bounds the path of θ.
    """
    problem = data.draw(problems.deep_mixtures.deep_problems(kind))
    net = TorchUNet(problem.parameters, problem.config)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=1e-2)
    expected = []
    for _ in range(20):
        optimizer.zero_grad()
        loss, nll = torch_loss(net, problem, objective, regularized)
        expected.append(nll.item())
        last = flat(net.tree(problem.parameters)).copy()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), max_norm)
        optimizer.step()
    fitted = one_image.fit(
        problem.image,
        problem.parameters,
        problem.weights,
        model=model_for(problem, objective, regularized),
        optimization=Optimization(learning_rate=1e-3, weight_decay=1e-2, max_norm=max_norm, tol=0.0, max_steps=20),
    )
    np.testing.assert_allclose(fitted.history, expected, rtol=1e-6)
    start = flat(problem.parameters)
    close(flat(fitted.parameters) - start, last - start, 1e-4)

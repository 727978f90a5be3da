"""Algorithm 3 against the authors' own program, from the same parameters, in float64."""

import importlib
import sys
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest import mock

import numpy as np
import pytest

from deepmix.reference.deep_mixtures import one_image, regularizers
from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig

pytestmark = pytest.mark.published

CONFIG = UNetConfig()  # that of deepG.py
N_CHANNELS, N_COMPONENTS, N_STEPS, SIDE = 3, 4, 12, 32
LOSSES = {"nll": "NormalGMM", "nll_v": "VariantGMM"}  # deepG and deepSVG, under the names of `get_loss`
FLOOR = np.full(N_CHANNELS, 1e-10)  # what their variances are raised by, and the density inside their logarithm
OPTIMIZATION = Optimization(tol=0.0, max_steps=N_STEPS)


@pytest.fixture
def program(published: Path):
    """The modules that deepG.py imports, as those of a package `utils`, whatever else bears that name."""
    torch = pytest.importorskip("torch", reason="needs the extra `oracles`")
    package = ModuleType("utils")
    package.__path__ = [str(published / "utils")]
    with mock.patch.dict(sys.modules, {"utils": package}):
        unet, losses = (importlib.import_module(f"utils.{name}") for name in ("unet", "losses"))
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield SimpleNamespace(torch=torch, unet=unet, losses=losses)
    torch.set_default_dtype(before)


def network(program, parameters):
    """Their network with our parameters: kernels as (out, in, kh, kw)."""
    net = program.unet.UNet2D(
        L=CONFIG.depth, start_filters=CONFIG.filters, in_channels=N_CHANNELS, out_channels=N_COMPONENTS,
        activation="leakyrelu", last_activation="softmax", batchnorm=True, residual=False, dropout=0,
    )  # fmt: skip
    state: dict[str, np.ndarray] = {}

    def give(prefix, weight, bias):
        state[f"{prefix}.weight"] = weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight
        if bias is not None:
            state[f"{prefix}.bias"] = bias

    def give_block(prefix, block):
        give(f"{prefix}.f.0", **renamed(block["conv_0"]))
        give(f"{prefix}.f.2", **renamed(block["conv_1"]))
        give(f"{prefix}.f.3", block["norm"]["scale"], block["norm"]["shift"])

    for place, name in enumerate([*(f"encoder_{level}" for level in range(CONFIG.depth)), "bottom"]):
        give_block(f"left.{place}", parameters[name])
    for place, level in enumerate(reversed(range(CONFIG.depth))):
        give(f"right.{place}.up.1", **renamed(parameters[f"up_{level}"]))
        give_block(f"right.{place}.convs", parameters[f"decoder_{level}"])
    give(f"output.{CONFIG.depth - 1}", **renamed(parameters["head"]))
    tensors = {name: program.torch.tensor(value.copy()) for name, value in state.items()}
    missing, unexpected = net.load_state_dict(tensors, strict=False)
    # the heads of the other levels, and one of the last that deepG.py does not ask
    assert not unexpected
    assert all(name.startswith(("output.", "last.")) for name in missing)
    return net


def renamed(layer):
    """A layer's parameters by PyTorch's names; the bias may be absent."""
    return {"weight": layer["kernel"], "bias": layer.get("bias")}


def their_history(program, objective, image, mask, parameters, means, strength):
    """NLL_0 … NLL_11 of the loop in deepG.py, λ being the strength of its prior."""
    torch, get_loss = program.torch, program.losses.get_loss
    main, prior = get_loss(crit=LOSSES[objective]), get_loss(crit="mu_data")
    net = network(program, parameters).to(main.device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, weight_decay=1e-3)
    images, heart, means = (
        torch.tensor(each).to(main.device) for each in (image[None], mask[None, None].astype(float), means)
    )
    history = []
    for _ in range(N_STEPS):
        optimizer.zero_grad()
        proportions = net(images)[0]
        nll = main(proportions, images, heart)
        history.append(nll.item())
        (nll + strength * prior(proportions, images, heart, means)).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 12)
        optimizer.step()
    return history


@pytest.mark.parametrize("strength", [0.0, 1.0])
@pytest.mark.parametrize("objective", LOSSES)
def test_dg1_dg2_dg3_r1_the_published_program_finds_the_same_nll(program, objective, strength):
    """With their floor what differs is their 10⁻¹⁰ inside the logarithm, a mean of 10⁻¹⁰/p; in `fit` the floor."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((SIDE, SIDE))
    labels, mask = (rows // 8 + columns // 8) % N_COMPONENTS, np.hypot(rows - 15.5, columns - 15.5) < 15
    image = np.moveaxis(rng.normal(labels[..., None] * [1.0, -0.5, 0.3], 0.3), -1, 0)
    image = (image - image.mean(axis=(1, 2), keepdims=True)) / image.std(axis=(1, 2), keepdims=True)
    means = np.array([image[:, mask & (labels == k)].mean(axis=1) for k in range(N_COMPONENTS)])
    parameters = unet_parameters(N_CHANNELS, N_COMPONENTS, CONFIG)
    prior = (partial(regularizers.mean_prior, means=means), strength)
    model = DeepModel(unet=CONFIG, objective=objective, regularizers=(prior,))
    expected = their_history(program, objective, image, mask, parameters, means, strength)
    assert abs(expected[0] - expected[-1]) > 0.1
    with_their_floor = one_image.solve(
        image, parameters, mask.astype(float), FLOOR,
        model=model, optimization=OPTIMIZATION, mixture=None, progress=None,
    )  # fmt: skip
    np.testing.assert_allclose(with_their_floor.history, expected, rtol=0, atol=5e-8)
    fitted = one_image.fit(image, parameters, mask, model=model, optimization=OPTIMIZATION)
    np.testing.assert_allclose(fitted.history, expected, rtol=0, atol=1e-6)

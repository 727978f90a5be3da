"""The sizes of the paper: 160×160 pixels, three channels, four classes, the whole network."""

from collections.abc import Iterator

from deepmix.conformance.drawing import draw_responsibilities
from deepmix.reference.deep_mixtures.records import DeepModel
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig

from .case import Case, draw, generator
from .deep_mixtures.one_image import problem

SIZE = (160, 160)


def cases() -> Iterator[Case]:
    """Steps and fits of both EM algorithms, the network, and the loss of both deep methods with its gradient."""
    given = draw("paper", m=3, k=4, n=160 * 160, weights="mask")
    r = draw_responsibilities(generator("paper"), 4, 160 * 160)
    whole = given.mixture._replace(proportions=r)
    inputs = {"pixels": given.pixels, "weights": given.weights}
    for name, mixture in {"gmm": given.mixture, "svgmm": whole}.items():
        yield Case(f"mixtures.{name}.e_step", "paper", {"pixels": given.pixels, "mixture": mixture})
        step = {"responsibilities": r, "floor": given.floor, "previous": mixture}
        yield Case(f"mixtures.{name}.m_step", "paper", inputs | step)
        yield Case(f"mixtures.{name}.nll", "paper", inputs | {"mixture": mixture})
        yield Case(f"mixtures.{name}.fit", "paper", inputs | {"start": mixture, "tol": -1.0, "max_iter": 10})
    network = problem("paper", m=3, k=4, config=UNetConfig(0, 1), weights="mask", size=SIZE)
    network = network._replace(parameters=unet_parameters(3, 4, seed=0))
    for method in ("deepsvg", "deepg"):
        arguments = network._asdict() | {"model": DeepModel(method=method)}
        yield Case("deep_mixtures.one_image.loss_and_gradient", method, arguments)

"""A table of the methods: what each lowers, whether it has a network, which function fits it."""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    from .preparation import Job
    from .results import PixelFit


class Room(NamedTuple):
    """What a method holds in memory at its peak beyond the image, in numbers per pixel.

    pixel: for any image. channel: more for each channel. component: more for each class. Measured on volumes of
    about eight million voxels.
    """

    pixel: float
    channel: float
    component: float


class Pace(NamedTuple):
    """How long a method takes on two cores, in µs per pixel with three Gaussian classes and three channels.

    drawn: for each start, per pixel of the share of a large image on which starts are tried. pixel: per pixel of
    the image. Measured on balls of 512² to 2048² pixels and 128³ to 200³ voxels.
    """

    drawn: float
    pixel: float


class Method(NamedTuple):
    """What is known of a method.

    measure: what it lowers: the NLL, the free energy F, or J of fuzzy C-means (per pixel).
    settles: what its stopping rule watches, if something else.
    function: the function of this package, "module.name", that fits all pixels at once and returns a `PixelFit`;
    it is imported when it runs. Empty for a method with a network, which is fitted slice by slice.
    loss: the default objective of its network, by the names of `DeepModel`; None: it has no network.
    guides: whether a network may start from it. field: whether neighbours count, so that the best of many starts
    is not best by accident. room: what it holds in memory. pace: how long it takes, without its network.
    """

    measure: str
    room: Room
    pace: Pace = Pace(drawn=0, pixel=0)
    settles: str = ""
    function: str = ""
    loss: str | None = None
    guides: bool = False
    field: bool = False

    @property
    def has_densities(self) -> bool:
        """Whether its classes have distributions, and not only centres."""
        return self.measure != "J"

    @property
    def deep(self) -> bool:
        """Whether it has a network."""
        return self.loss is not None

    def fit(self, mask: "np.ndarray", job: "Job", twin: ModuleType) -> "PixelFit":
        """Fit the pixels of a mask (H, W, D) with the backend `twin`."""
        module, name = self.function.split(".")
        return getattr(import_module(f".{module}", __package__), name)(mask, job, twin)


METHODS = {
    "gmm": Method(
        measure="NLL",
        room=Room(pixel=6, channel=3, component=3),
        pace=Pace(drawn=0.5, pixel=0.3),
        function="mixtures.by_gmm",
        guides=True,
    ),
    "svgmm": Method(
        measure="NLL",
        room=Room(pixel=8, channel=4, component=14),
        pace=Pace(drawn=0.5, pixel=2),
        function="mixtures.by_svgmm",
    ),
    "deepg": Method(measure="NLL", room=Room(pixel=6, channel=3, component=4), loss="nll"),
    "deepsvg": Method(measure="NLL", room=Room(pixel=6, channel=3, component=4), loss="nll_v"),
    "hmrf": Method(
        measure="F",
        room=Room(pixel=6, channel=8, component=18),
        pace=Pace(drawn=1, pixel=1.5),
        function="field.by_field",
        guides=True,
        field=True,
    ),
    "fcm": Method(
        measure="J",
        room=Room(pixel=6, channel=8, component=10),
        pace=Pace(drawn=0.5, pixel=0.7),
        settles="memberships",
        function="mixtures.by_fuzzy_c_means",
    ),
}
NETWORKS = tuple(name for name, method in METHODS.items() if method.deep)
GUIDES = tuple(name for name, method in METHODS.items() if method.guides)
# What a network minimises, and its symbol in reports.
MEASURES = {"nll": "NLL", "free_energy": "F"}

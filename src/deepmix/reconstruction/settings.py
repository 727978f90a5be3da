"""The settings of a reconstruction from a scan, and of a simulated scan."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import numpy as np

from deepmix import parsing
from deepmix.backends import BACKENDS
from deepmix.settings import RUN, check, setting

WINDOWS = ("ram-lak", "shepp-logan", "cosine", "hamming", "hann")
LOOPS = ("max_iter", "tol")
# By method, the settings that it has and not every other one.
METHODS = {
    "fbp": ("window", "cutoff"),
    "sirt": ("nonnegative", *LOOPS),
    "cgls": LOOPS,
    "tikhonov": ("strength", *LOOPS),
    "tv": ("strength", "nonnegative", *LOOPS),
}
OF_FILES = {"row", "hu", "mu_water"}  # settings that say how files are read and written
FILTER, LOOP = "Filter", "Iterative methods"


@dataclass(frozen=True)
class ReconstructionSettings:
    """Settings of `deepmix.reconstruct`, and of the command's files.

    axis: None: where the geometry has it; a shift in mm at the axis, or "auto".
    """

    method: str = setting(
        "fbp",
        help="fbp: filtered back-projection; sirt; cgls; tikhonov: smooth; tv: total variation, flat parts.",
        choices=tuple(METHODS),
    )
    window: str = setting("ram-lak", help=f"{', '.join(WINDOWS)}.", panel=FILTER, choices=WINDOWS)
    cutoff: float = setting(
        1.0, help="Highest frequency kept, as a part of half the sampling rate.", panel=FILTER, least=0.01, most=1
    )
    strength: float | str = setting(
        3e-3,
        help="tikhonov: a part of ‖A‖² max W; tv: of max|A*Wy|; auto: what the noise allows.",
        panel=LOOP,
        word="auto",
        typed=str,
        parse=parsing.number_or_word,
    )
    noise: float | None = setting(
        None,
        help="Standard deviation of the line integrals, for strength auto; counts have their own.",
        panel=LOOP,
    )
    nonnegative: bool = setting(False, help="sirt, tv: no negative attenuation.", panel=LOOP)
    max_iter: int | None = setting(None, help="Largest number of steps; else that of the method.", panel=LOOP)
    tol: float = setting(
        1e-4, help="It ends when a step changes the image by a smaller part.", panel=LOOP, least=0, below=math.inf
    )
    axis: float | str | None = setting(
        None,
        help="How far from where the geometry has it the axis is seen, in mm there; auto: from opposite views.",
        typed=str,
        parse=parsing.number_or_word,
    )
    water_correction: tuple[float, ...] | None = setting(
        None,
        help="Coefficients c1,c2,… by which c1·p + c2·p² + … is the line integral of one energy.",
        typed=str,
        parse=parsing.numbers,
    )
    row: int | None = setting(None, help="Row of the detector, counted from 0, of a file with several.")
    hu: bool = setting(False, help="Write Hounsfield units too.")
    mu_water: float = setting(
        0.0206, help="Attenuation of water, a mm, for Hounsfield units.", least=1e-6, below=math.inf
    )
    backend: str = setting("accelerated", help="accelerated or reference.", panel=RUN, choices=BACKENDS)

    def __post_init__(self) -> None:
        check(self)
        for name in ("max_iter", "row"):
            if (value := getattr(self, name)) is not None and value < 0:
                raise ValueError(f"{name} must not be negative, got {value}")
        if self.strength == 0:
            raise ValueError("strength must be positive, or auto; without a regulariser there is cgls")
        if self.noise is not None and not 0 < self.noise < math.inf:
            raise ValueError(f"noise must be positive, got {self.noise:g}")
        if self.axis not in (None, "auto") and not (isinstance(self.axis, Real) and math.isfinite(self.axis)):
            raise ValueError(f"axis must be a finite number in mm or auto, got {self.axis!r}")
        given = self.water_correction
        if given is not None and not (np.ndim(given) == 1 and np.size(given) and np.isfinite(given).all()):
            raise ValueError(f"water_correction must be finite numbers c1, c2, …; got {given}")
        self._check_effects()

    def _check_effects(self) -> None:
        """Raise ValueError for a setting that is not as it is unsaid and that changes nothing."""
        for name in dict.fromkeys(name for names in METHODS.values() for name in names):
            if name not in METHODS[self.method] and getattr(self, name) != getattr(type(self), name):
                *most, last = [method for method, names in METHODS.items() if name in names]
                methods = f"{', '.join(most)} and {last}" if most else last
                raise ValueError(f"{name} is for {methods}, not for {self.method}")
        if self.mu_water != type(self).mu_water and not self.hu:
            raise ValueError("mu_water is for Hounsfield units: ask for them by hu")


@dataclass(frozen=True)
class SimulationSettings:
    """Settings of `deepmix simulate ct`. detectors: None: those that see all of it. photons: None: no noise."""

    views: int = setting(360, help="Number of views, without --geometry.", least=2)
    detectors: int | None = setting(None, help="Number of detectors; else as many as see all of the image.")
    photons: float | None = setting(None, help="Photons for each detector: noisy counts are written.")
    units: str = setting("hu", help="hu: Hounsfield units; mu: attenuation a mm.", choices=("hu", "mu"))
    mu_water: float = setting(
        0.0206, help="Attenuation of water, a mm, for Hounsfield units.", least=1e-6, below=math.inf
    )
    pixel_spacing: float | None = setting(None, help="Side of a pixel in mm, if it is not that of the file.")
    slice: int | None = setting(None, help="Slice of a volume, counted from 0.")
    seed: int = setting(0, help="Seed of the noise.", least=0)
    backend: str = setting("accelerated", help="accelerated or reference.", panel=RUN, choices=BACKENDS)

    def __post_init__(self) -> None:
        check(self)
        for name in ("detectors", "photons", "pixel_spacing"):
            if (value := getattr(self, name)) is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive, got {value:g}")
        self._check_effects()

    def _check_effects(self) -> None:
        """Raise ValueError for a setting that is not as it is unsaid and that changes nothing."""
        for name, (has_effect, words) in _EFFECTS.items():
            if getattr(self, name) != getattr(type(self), name) and not has_effect(self):
                raise ValueError(words)


# Of a setting of a simulated scan: when it changes something, and what to do if it does not.
_EFFECTS: dict[str, tuple[Callable[[SimulationSettings], bool], str]] = {
    "mu_water": (
        lambda settings: settings.units == "hu",
        "mu_water is for Hounsfield units: leave it out, or take units hu",
    ),
    "seed": (
        lambda settings: settings.photons is not None,
        "seed is for the noise of photons: leave it out, or give their number, photons",
    ),
}

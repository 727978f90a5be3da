"""What `deepmix demo reconstruction` scans: a head by parallel rays, and a body by a fan of rays of a spectrum."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from deepmix.datasets import phantoms_exact, spectra
from deepmix.reconstruction.settings import WINDOWS
from deepmix.reference.tomography import geometry as geometries
from deepmix.reference.tomography import hounsfield, xray
from deepmix.reference.tomography.records import ScanGeometry

HEAD, SKULL = 200.0, 0.05  # the side of the head's square in mm, and the attenuation of the skull a mm
PHOTONS = 1e4  # a ray, before the head
BRIGHT = 1e6  # a ray before the body, without noise
MANY, FEW, TURN = 180, 30, 360  # views of the head, and of the body
SOURCE_TO_AXIS, SOURCE_TO_DETECTOR = 540.0, 950.0  # mm
DETECTORS = 1.6  # a pixel of a row; so many see the whole square, in the fan too
CENTRE, RIM = (0.0, 0.15), (0.8, 0.9)  # where the body is water, as parts of the way to its surface

# Of the head: method, views, whether photons are counted, settings.
EXPERIMENTS: tuple[tuple[str, int, bool, dict[str, Any]], ...] = (
    ("FBP", MANY, False, {}),
    ("FBP", FEW, False, {}),
    *((f"FBP, {window}", MANY, True, {"window": window}) for window in WINDOWS),
    ("FBP", FEW, True, {}),
    ("SIRT", FEW, True, {"method": "sirt", "max_iter": 100, "nonnegative": True}),
    ("CGLS", FEW, True, {"method": "cgls", "max_iter": 10}),
    ("TV", FEW, True, {"method": "tv", "strength": 5e-3, "nonnegative": True}),
)


class Experiment(NamedTuple):
    """A scan and how it is reconstructed.

    data: (n, D), line integrals, or counts. settings: of `deepmix.reconstruct`, with the flat field of counts.
    photons: a ray; None: without noise.
    """

    title: str
    data: np.ndarray
    geometry: ScanGeometry
    settings: dict[str, Any]
    photons: float | None = None


class Subject(NamedTuple):
    """A phantom and all that is done with it.

    truth: (H, W), a mm. window: what is black and what is white, a mm, and said how. cupping: of an image, in
    Hounsfield units, if the phantom tells it.
    """

    title: str
    truth: np.ndarray
    window: tuple[float, float]
    said: str
    experiments: list[Experiment]
    cupping: Callable[[np.ndarray], float] | None = None


def head(size: int, seed: int) -> Subject:
    """The Shepp–Logan phantom: few views, noise, windows, methods. size: pixels a side. seed: of the noise."""
    ellipses, rng = phantoms_exact.shepp_logan(HEAD, SKULL), np.random.default_rng(seed)
    scans = {views: _parallel(views, size) for views in (MANY, FEW)}
    sinograms = {views: phantoms_exact.sinogram_of(ellipses, scan) for views, scan in scans.items()}
    counts = {views: rng.poisson(xray.transmitted(exact, np.array(PHOTONS))) for views, exact in sinograms.items()}
    experiments = [
        Experiment(
            title=method,
            data=counts[views] if counted else sinograms[views],
            geometry=scans[views],
            settings=settings | ({"flat": PHOTONS} if counted else {}),
            photons=PHOTONS if counted else None,
        )
        for method, views, counted, settings in EXPERIMENTS
    ]
    return Subject(
        title="head",
        truth=phantoms_exact.image_of(ellipses, scans[MANY]),
        window=(0.0, 0.4 * SKULL),
        said=f"0 … {0.4 * SKULL:g} a mm",
        experiments=experiments,
    )


def body(size: int) -> Subject:
    """Water with tissues in it: rays of one energy, and of a spectrum, before and after the water correction."""
    scan, beam = _fan(size), (spectra.PHOTONS, spectra.ENERGIES)
    attenuation = np.stack([spectra.ATTENUATION[material] for material in ("water", "bone")])
    water, bone = xray.effective_attenuation(attenuation, *beam)
    materials = phantoms_exact.body(bone / water)
    images = {name: phantoms_exact.image_of(ellipses, scan) for name, ellipses in materials.items()}
    lengths = np.stack([phantoms_exact.sinogram_of(materials[name], scan) for name in ("water", "bone")])
    one = water * lengths[0] + bone * lengths[1]
    many = xray.polyenergetic(lengths, attenuation, *beam)
    occurring = np.linspace(0, lengths[0].max(), 100)
    correction = xray.water_correction(occurring, attenuation[0], *beam)
    experiments = [
        Experiment(
            title=title,
            data=xray.transmitted(sinogram, np.array(BRIGHT)),
            geometry=scan,
            settings={"flat": BRIGHT} | settings,
        )
        for title, sinogram, settings in (
            ("FBP, one energy", one, {}),
            ("FBP, spectrum", many, {}),
            ("FBP, corrected", many, {"water_correction": tuple(correction.tolist())}),
        )
    ]
    low, high = (float(hounsfield.from_hounsfield(np.array(units), water)) for units in (-200, 200))
    return Subject(
        title="body",
        truth=water * images["water"] + bone * images["bone"],
        window=(low, high),
        said="−200 … 200 HU",
        experiments=experiments,
        cupping=lambda image: _cupping(hounsfield.to_hounsfield(image, water), scan),
    )


def _cupping(units: np.ndarray, scan: ScanGeometry) -> float:
    """How much brighter water is at the rim of the body than in its middle, in Hounsfield units."""
    level = phantoms_exact.level_of(phantoms_exact.WATER, scan)
    centre, rim = (units[(level >= least) & (level < most)].mean() for least, most in (CENTRE, RIM))
    return float(rim - centre)


def _parallel(views: int, size: int) -> ScanGeometry:
    angles, spacing = np.linspace(0, np.pi, views, endpoint=False), HEAD / size
    n_detectors = round(DETECTORS * size)
    return geometries.parallel(angles, size, size, n_detectors, pixel_spacing=spacing, detector_spacing=spacing)


def _fan(size: int) -> ScanGeometry:
    angles, spacing = np.linspace(0, 2 * np.pi, TURN, endpoint=False), phantoms_exact.SIDE / size
    return geometries.fan(
        angles,
        size,
        size,
        round(DETECTORS * size),
        source_to_axis=SOURCE_TO_AXIS,
        source_to_detector=SOURCE_TO_DETECTOR,
        pixel_spacing=spacing,
        detector_spacing=spacing * SOURCE_TO_DETECTOR / SOURCE_TO_AXIS,
    )

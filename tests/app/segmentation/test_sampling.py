"""A share of a large image: what is drawn, and that what is found on it holds for the whole."""

import numpy as np
import pytest

from deepmix import segment
from deepmix.segmentation import sampling
from deepmix.segmentation.preparation import Job, prepare
from deepmix.segmentation.results import Segmentation
from deepmix.segmentation.settings import Settings


def balls(n: int, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Two balls, one in the other, in two channels (2, n, n, n) of opposite sign, and their classes."""
    squares = np.linspace(-1, 1, n) ** 2
    radius = np.sqrt(squares[:, None, None] + squares[:, None] + squares)
    truth = (radius < 0.8).astype(int) + (radius < 0.4)
    drawn = np.random.default_rng(0).normal(0, noise, (2, *truth.shape))
    return np.stack([truth, -truth]) + drawn, truth


def job_of(image: np.ndarray, mask: np.ndarray | None = None, **settings) -> Job:
    return prepare(image, mask, Settings(n_components=3, **settings))


def numbered(*shape: int) -> np.ndarray:
    """An image whose values are the places of its pixels."""
    return np.arange(np.prod(shape), dtype=float).reshape(1, *shape)


def test_what_is_small_has_no_share(monkeypatch):
    monkeypatch.setattr(sampling, "MOST", 64)
    job = job_of(numbered(8, 8), standardize="none")
    assert sampling.share(job.mask, job, blocks=False) is None
    assert sampling.share(np.ones((9, 9, 1), bool), job_of(numbered(9, 9)), blocks=False) is not None


@pytest.mark.parametrize("most", [10, 100, 250])
@pytest.mark.parametrize("seed", range(3))
def test_one_pixel_is_drawn_of_each_run_of_the_mask(monkeypatch, most, seed):
    monkeypatch.setattr(sampling, "MOST", most)
    mask = np.random.default_rng(1).random((20, 30)) < 0.5
    job = job_of(numbered(20, 30), mask, standardize="none", seed=seed)
    part = sampling.share(job.mask, job, blocks=False)
    drawn, inside = part.volume.ravel(), np.flatnonzero(mask)
    assert part.mask.all()
    assert part.mask.size == drawn.size == most
    assert set(drawn) <= set(inside)
    runs = np.searchsorted(inside, drawn) / (len(inside) / most)
    assert np.array_equal(runs.astype(int), np.arange(most)) or np.abs(runs - np.arange(most)).max() < 1


@pytest.mark.parametrize(("shape", "side"), [((40, 50), 8), ((20, 18, 7), 4), ((20, 18, 2), 4)])
def test_blocks_come_with_their_neighbours_and_no_others(monkeypatch, shape, side):
    """Two pixels side by side in a share are so in the image; the share has about as many as are wanted."""
    monkeypatch.setattr(sampling, "SIDES", {True: side, False: side})
    most = int(np.prod(shape)) // 4
    monkeypatch.setattr(sampling, "MOST", most)
    mask = np.random.default_rng(2).random(shape) < 0.9
    job = job_of(numbered(*shape), mask, standardize="none")
    part = sampling.share(job.mask, job, blocks=True)
    values, inside = part.volume[0], part.mask
    assert len(set(values[inside])) == inside.sum()
    assert set(values[inside]) <= set(np.flatnonzero(mask))
    assert 0.6 < inside.sum() / most < 1.4
    steps = np.array([*np.cumprod(shape[:0:-1])[::-1], 1])  # from a pixel to the next along each axis
    n_axes = len(shape)
    for axis in range(n_axes):
        pairs = np.moveaxis(inside, axis, 0)
        both = pairs[1:] & pairs[:-1]
        apart = np.diff(np.moveaxis(values, axis, 0), axis=0)
        assert both.any()
        assert (apart[both] == steps[axis]).all()


@pytest.mark.parametrize("method", ["gmm", "svgmm", "fcm"])
def test_from_a_share_the_fit_of_the_whole_is_as_good(monkeypatch, method):
    """Both settle within tol of the same optimum."""
    image, _ = balls(24, noise=0.15)
    options = {"n_components": 3, "method": method, "backend": "reference"}
    whole = segment(image, **options)
    monkeypatch.setattr(sampling, "MOST", 2048)
    found = segment(image, **options)
    assert found.parts[0].value == pytest.approx(whole.parts[0].value, abs=whole.settings.mixture.tol)
    assert (found.labels == whole.labels).mean() > 0.999


def from_a_share(monkeypatch, n: int, noise: float, beta: float | str) -> tuple[Segmentation, Segmentation]:
    """The field of two balls, of all pixels and from a quarter of them; the labels are as true."""
    image, truth = balls(n, noise)
    options = {"n_components": 3, "method": "hmrf", "beta": beta, "restarts": 1}
    whole = segment(image, **options)
    monkeypatch.setattr(sampling, "MOST", n**3 // 4)
    found = segment(image, **options)
    right = [(each.labels == truth + 1).mean() for each in (found, whole)]
    assert right[0] > right[1] - 0.001
    assert right[1] > 0.99
    return found, whole


def test_from_a_share_the_field_of_the_whole_is_as_good(monkeypatch):
    found, whole = from_a_share(monkeypatch, 32, 0.6, 1.0)
    assert found.parts[0].value == pytest.approx(whole.parts[0].value, abs=whole.settings.mixture.tol)


@pytest.mark.thorough
@pytest.mark.parametrize("noise", [0.6, 1.0])
def test_from_a_share_the_field_is_as_strong(monkeypatch, noise):
    """Where another β is chosen, [SV6] of the whole is hardly worse at it."""
    found, whole = from_a_share(monkeypatch, 72, noise, "auto")
    curve = whole.field.information
    assert curve[found.field.beta] > max(curve.values()) - 0.005

"""However a fit is executed (blocks, batches, meshes, chunks of a file), it is the same fit."""

from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepmix import accelerated, reference
from deepmix.accelerated.execution.arrays import LENGTHS, shared
from deepmix.accelerated.execution.rows import greatest
from deepmix.accelerated.mixtures import _sums
from deepmix.accelerated.mixtures.families import Kind
from deepmix.reference.mixtures.covariances import COVARIANCE_TYPES
from deepmix.reference.mixtures.records import Mixture
from tests.agreement.mixtures.clusters import assert_same, clusters, fitted, start_of
from tests.tolerances import FUNCTION, TRAJECTORY, assert_agree

KINDS = pytest.mark.parametrize("kind", COVARIANCE_TYPES)
METHODS = pytest.mark.parametrize("method", ["gmm", "svgmm"])


@METHODS
@KINDS
@pytest.mark.parametrize("n_pixels", [999, 1024, 1025, pytest.param(33_000, marks=pytest.mark.thorough)])
def test_padding_never_shows(n_pixels, kind, method):
    """Pixels are padded to a length that many share by weight 0: the result has the shape of the input."""
    pixels = clusters(n_pixels)
    start = start_of(pixels, method, kind)
    options = {"covariance_type": kind, "max_iter": 5, "tol": -np.inf}
    assert_same(
        fitted(accelerated, method, pixels, start, **options),
        fitted(reference, method, pixels, start, **options),
        TRAJECTORY,
    )


@pytest.mark.parametrize("unit", [1, 1024, 3 * 1024])
def test_lengths_that_many_share(unit):
    """A sixteenth longer at most, besides the unit, and at most sixteen between two powers of two."""
    lengths = np.unique(np.geomspace(1, 2**24, 500).astype(int))
    found = np.array([shared(int(length), unit) for length in lengths])
    assert (found >= lengths).all()
    assert (found % unit == 0).all()
    assert (found <= lengths * (1 + 1 / LENGTHS) + 2 * unit).all()
    for k in range(14, 24):
        inside = (2**k < lengths) & (lengths <= 2 ** (k + 1))
        assert len(set(found[inside])) <= LENGTHS


@pytest.mark.parametrize("n_rows", [1, 2, 5])
def test_the_greatest_row_is_the_first_of_equals(n_rows):
    rows = np.random.default_rng(0).integers(0, 3, (n_rows, 4, 50)).astype(float)
    assert np.array_equal(greatest(jnp.asarray(rows)), rows.argmax(axis=0))


@KINDS
def test_blocks_give_the_sums_of_all_pixels(kind, monkeypatch):
    """Several blocks, of which the last overlaps the one before."""
    pixels = clusters(3 * 1024 + 5)
    start = start_of(pixels, "gmm", kind)
    weights = np.random.default_rng(1).uniform(0, 2, pixels.shape[1])
    kind = Kind(covariance_type=kind, family="gaussian")
    arguments = accelerated.mixtures.gmm.e_step, pixels, weights, start, start.means, kind
    whole = _sums.of_mixture(*arguments)
    monkeypatch.setattr(_sums, "BLOCK_BYTES", 2**16)
    assert_agree(_sums.of_mixture(*arguments), whole, FUNCTION)
    assert np.isclose(whole.weight, weights.sum())


@METHODS
@KINDS
def test_a_mean_that_moves_far_keeps_its_variance_in_float32(method, kind):
    """Sums about a mean a thousand deviations away lose the variance; a second pass about the new one does not."""
    rng = np.random.default_rng(0)
    pixels = rng.normal([[1000.0], [-300.0]], 1, (2, 400)).astype(np.float32)
    wide = {"diag": np.full((2, 2), 1e6), "spherical": np.full(2, 1e6), "tied": 1e6 * np.eye(2)}
    wide["full"] = np.stack([wide["tied"]] * 2)
    start = Mixture(proportions=np.full(2, 0.5), means=np.array([[0.0, 0.0], [3.0, 1.0]]), covariances=wide[kind])
    if method == "svgmm":
        start = start._replace(proportions=np.full((2, 400), 0.5))
    options = {"covariance_type": kind, "tol": -np.inf, "max_iter": 1}
    actual = fitted(accelerated, method, pixels, start, **options).mixture
    expected = fitted(reference, method, pixels.astype(float), start, **options).mixture
    assert_agree(actual.covariances, expected.covariances, 1e-3, np.float32)


@METHODS
@KINDS
@pytest.mark.parametrize("lanes", [None, 2, pytest.param(5, marks=pytest.mark.thorough)])
def test_a_batch_is_its_single_fits(lanes, kind, method):
    """Images that converge early wait for their neighbours and are not changed by that."""
    pixels = np.stack([clusters(300, seed) for seed in range(5)])
    weights = np.random.default_rng(0).integers(0, 3, (5, 300)).astype(float)
    starts = [start_of(image, method, kind) for image in pixels]
    stacked = Mixture._make(map(np.stack, zip(*starts, strict=True)))
    options = {"covariance_type": kind, "tol": 1e-4, "max_iter": 60}
    batch = getattr(accelerated.mixtures, method).fit_batch(pixels, stacked, weights, lanes=lanes, **options)
    singles = [fitted(accelerated, method, *each, **options) for each in zip(pixels, starts, weights, strict=True)]
    assert len({len(single.history) for single in singles}) > 1
    for actual, expected in zip(batch, singles, strict=True):
        assert_same(actual, expected, TRAJECTORY)


def test_a_batch_that_does_not_fit_together_is_refused():
    pixels = np.stack([clusters(50), clusters(50)])
    starts = Mixture._make(np.stack([array] * 3) for array in start_of(pixels[0], "gmm", "diag"))
    with pytest.raises(ValueError, match="proportions are of 3 images, but pixels of 2"):
        accelerated.mixtures.gmm.fit_batch(pixels, starts)
    with pytest.raises(ValueError, match="images, channels, pixels"):
        accelerated.mixtures.gmm.fit_batch(pixels[0], starts)
    starts = Mixture._make(array[:2] for array in starts)
    with pytest.raises(ValueError, match="lanes must be at least 1"):
        accelerated.mixtures.gmm.fit_batch(pixels, starts, lanes=0)


@pytest.fixture
def file_of_pixels(tmp_path: Path):
    """Pixels with rubbish outside the mask, and the mask, as files that are mapped into memory."""

    def mapped(name: str, array: np.ndarray) -> np.memmap:
        file = np.memmap(tmp_path / name, array.dtype, "w+", shape=array.shape)
        file[:] = array
        return file

    pixels, weights = clusters(2500), np.random.default_rng(2).integers(0, 3, 2500).astype(float)
    pixels[0, np.flatnonzero(weights == 0)[0]] = np.nan
    return mapped("pixels", pixels), mapped("weights", weights)


@KINDS
@pytest.mark.parametrize("chunk", [700, 2500, 2**20])
def test_a_stream_is_the_fit_in_memory(chunk, kind, file_of_pixels):
    pixels, weights = file_of_pixels
    start = start_of(clusters(2500), "gmm", kind)
    options = {"covariance_type": kind, "tol": 1e-4, "max_iter": 60}
    expected = accelerated.mixtures.gmm.fit(np.array(pixels), start, np.array(weights), **options)
    responsibilities, told = np.empty((3, 2500)), []
    actual = accelerated.mixtures.gmm.fit_stream(
        pixels,
        start,
        weights,
        chunk=chunk,
        responsibilities=responsibilities,
        progress=lambda t, nll: told.append((t, nll)),
        **options,
    )
    assert_same(actual, expected)
    assert actual.responsibilities is responsibilities
    assert told == list(enumerate(actual.history))


class OnlyChunks:
    """Pixels that nobody may ask for all at once."""

    def __init__(self, pixels: np.ndarray, chunk: int) -> None:
        self.pixels, self.chunk, self.shape, self.ndim = pixels, chunk, pixels.shape, pixels.ndim

    def __array__(self, *_, **__):
        raise AssertionError("all pixels at once")

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, place):
        taken = self.pixels[place]
        assert taken.shape[1] <= self.chunk
        return taken


def test_a_stream_holds_a_chunk_at_a_time():
    pixels = clusters(2500)
    start = start_of(pixels, "gmm", "diag")
    actual = accelerated.mixtures.gmm.fit_stream(OnlyChunks(pixels, 700), start, chunk=700)
    assert_same(actual, accelerated.mixtures.gmm.fit_stream(pixels, start, chunk=700), 0.0)


@pytest.mark.parametrize("given", [np.empty((2, 2500)), np.empty((3, 2499)), np.broadcast_to(0.0, (3, 2500))])
def test_a_stream_refuses_what_it_cannot_fill_before_it_begins(given):
    pixels = OnlyChunks(clusters(2500), 0)
    with pytest.raises(ValueError, match=r"responsibilities must be writable and of shape \(3, 2500\)"):
        accelerated.mixtures.gmm.fit_stream(
            pixels, start_of(clusters(2500), "gmm", "diag"), responsibilities=given
        )


@pytest.fixture
def as_elsewhere(monkeypatch):
    """Compile what platforms other than the CPU compile."""
    jax.clear_caches()
    monkeypatch.setattr(jax.lax, "platform_dependent", lambda *arrays, cpu, default: default(*arrays))
    yield
    jax.clear_caches()


@METHODS
@KINDS
def test_the_sums_of_other_platforms(kind, method, as_elsewhere):
    pixels, weights = clusters(2500), np.random.default_rng(1).uniform(0, 2, 2500)
    start = start_of(pixels, method, kind)
    options = {"covariance_type": kind, "max_iter": 5, "tol": -np.inf}
    assert_same(
        fitted(accelerated, method, pixels, start, weights, **options),
        fitted(reference, method, pixels, start, weights, **options),
        TRAJECTORY,
    )


def test_a_stream_whose_mean_moves_far_takes_a_second_pass():
    pixels = np.random.default_rng(0).normal([[1000.0], [-300.0]], 1, (2, 400)).astype(np.float32)
    start = Mixture(
        proportions=np.full(2, 0.5), means=np.array([[0.0, 0.0], [3.0, 1.0]]), covariances=np.full((2, 2), 1e6)
    )
    options = {"tol": -np.inf, "max_iter": 1}
    actual = accelerated.mixtures.gmm.fit_stream(pixels, start, chunk=100, **options).mixture
    expected = reference.mixtures.gmm.fit(pixels.astype(float), start, **options).mixture
    assert_agree(actual.covariances, expected.covariances, 1e-3, np.float32)


@pytest.mark.parametrize("options", [{"tol": 1e-2}, {"max_iter": 3}, {"max_iter": 0}])
def test_a_stream_ends_as_the_fit_in_memory(options):
    pixels = clusters(300)
    start = start_of(pixels, "gmm", "diag")
    assert_same(
        accelerated.mixtures.gmm.fit_stream(pixels, start, chunk=128, **options)._replace(responsibilities=0),
        accelerated.mixtures.gmm.fit(pixels, start, **options)._replace(responsibilities=0),
    )


def test_a_stream_refuses_what_the_fit_in_memory_refuses():
    """The same words: both ask `reference.checks`."""
    good = clusters(100)
    start = start_of(good, "gmm", "diag")
    bad = good.copy()
    bad[1, [3, 70]] = np.nan, np.inf
    few = np.zeros(100)
    few[50] = 1
    for pixels, weights in (
        (bad, None),
        (good, few),
        (good, 0 * few),
        (good, few - 1),
        (good, few[1:]),
        (good[0], None),
    ):
        messages = []
        for fit in (accelerated.mixtures.gmm.fit, partial(accelerated.mixtures.gmm.fit_stream, chunk=30)):
            try:
                fit(pixels, start, weights)
            except ValueError as error:
                messages.append(str(error))
        assert len(messages) == 2
        assert messages[0] == messages[1]
    with pytest.raises(ValueError, match="chunk must be at least 1"):
        accelerated.mixtures.gmm.fit_stream(good, start, chunk=0)
    good[0] = 3
    with pytest.warns(UserWarning, match="channel 0 is constant"):
        accelerated.mixtures.gmm.fit_stream(good, start, chunk=30)

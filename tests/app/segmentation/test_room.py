"""Whether an image fits into the memory is said before the work."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

from deepmix import memory, segment
from deepmix.segmentation import outlying, presets, room
from deepmix.segmentation.distributions import AUTO, CHOSEN_FROM
from deepmix.segmentation.methods import METHODS
from deepmix.segmentation.preparation import prepare
from deepmix.segmentation.settings import Settings
from deepmix.segmentation.size import Size

LARGE = Size(n_pixels=10**8, n_channels=1, of_slice=10**6)
# Segments balls of positive values in a process of its own, and prints the bytes at the peak beyond what it began
# with.
MEASURED = """
import sys
from benchmarks.harness.memory import watched
from benchmarks.jobs.images import balls
from deepmix import segment
method, distribution, n_channels, side = *sys.argv[1:3], *map(int, sys.argv[3:])
image, _ = balls((side,) * 3, n_channels)
image -= image.min() - 1
with watched() as sizes:
    segment(image, n_components=3, method=method, distribution=distribution, max_iter=4)
print(max(sizes) - sizes[0])
"""


def settings(method: str, n_components: int = 3, **given) -> Settings:
    return presets.settings("robust", n_components=n_components, method=method, **given)


def need(size: Size, of: Settings) -> float:
    return room.need(size, of, of.method, of.shrink)


@pytest.mark.parametrize("method", METHODS)
def test_more_of_anything_needs_more(method):
    least = need(LARGE, settings(method))
    assert least > 4 * LARGE.n_pixels * (1 + 3)  # the standardised image, the probabilities
    assert (
        need(LARGE._replace(n_pixels=2 * LARGE.n_pixels, of_slice=2 * LARGE.of_slice), settings(method))
        == 2 * least
    )
    assert need(LARGE._replace(n_channels=2), settings(method)) > least
    assert need(LARGE, settings(method, 4)) > least
    assert need(LARGE, settings(method, dtype="float64")) == 2 * least


@pytest.mark.parametrize("method", METHODS)
def test_shrunk_needs_less_but_what_maps_of_all_pixels_take(method):
    whole, half = (need(LARGE, settings(method, shrink=shrink)) for shrink in (1, 2))
    assert whole / 4 < half < whole
    assert half > 4 * LARGE.n_pixels * 3


@pytest.mark.parametrize("method", ["gmm", "hmrf"])
def test_shrunk_takes_no_more_than_is_said(method):
    """Of large blocks the maps of all pixels are most of it: the probabilities, and of a field a second time."""
    volume = np.random.default_rng(0).normal(size=(1, 128, 128, 64)).astype(np.float32)
    volume[:, :40] += 5
    given = {"method": method, "shrink": 8, "max_iter": 2, "backend": "reference"}
    tracemalloc.start()
    segment(volume, n_components=2, **given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    size = Size(n_pixels=volume.size, n_channels=1, of_slice=128**2)
    assert peak < need(size, settings(n_components=2, **given)) < 2 * peak


def test_the_map_of_outliers_takes_little(monkeypatch):
    """Made part by part, it is the same, and takes little beside itself."""
    image = np.random.default_rng(0).standard_t(2, (40, 50))
    found = segment(image, n_components=2, method="gmm", distribution="student", backend="reference")
    job = prepare(image, None, found.settings)
    pixels = np.random.default_rng(1).normal(size=(1, 2**19)).astype(np.float32)
    given = pixels, [1 / (1 + np.exp(pixels[0])), 1 / (1 + np.exp(-pixels[0]))], found.parts[0], job
    whole = outlying._of_pixels(*given)
    monkeypatch.setattr(outlying, "AT_ONCE", 2**14)
    tracemalloc.start()
    parts = outlying._of_pixels(*given)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(parts, whole)
    assert peak < 2 * whole.nbytes


def test_a_network_needs_what_its_guide_needs():
    deep, guide = (need(LARGE, settings(name)) for name in ("deepsvg", "hmrf"))
    assert deep > guide


def test_every_distribution_that_is_tried_has_programs_of_its_own():
    auto, full, one = (
        room.always(settings("gmm", **given))
        for given in (
            {"distribution": "auto"},
            {"distribution": "auto", "covariance_type": "full"},
            {"distribution": "student"},
        )
    )
    assert auto > full > one == room.ALWAYS


def check(size: Size, held: int, reading: int, **given) -> None:
    room.check(size, held, reading, settings=settings(**given), source="brain.nii.gz")


def test_what_fits_is_let_through(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**40)
    check(LARGE, 4 * LARGE.n_pixels, 8 * LARGE.n_pixels, method="hmrf")


@pytest.mark.parametrize(
    ("there", "advice"),
    [
        (12, ("or take --shrink 2, which needs", "or take --method gmm, which needs")),
        (5, ("or take --shrink 6, which needs",)),
        (1, ("with fewer pixels",)),
    ],
)
def test_what_does_not_fit_is_refused_with_what_it_needs_and_what_to_do(monkeypatch, there, advice):
    monkeypatch.setattr(memory, "available", lambda: there * 2**30)
    with pytest.raises(
        ValueError, match=r"brain.nii.gz has 100000000 pixels: with 1 channel and 3 classes, hmrf needs"
    ) as error:
        check(LARGE, 4 * LARGE.n_pixels, 8 * LARGE.n_pixels, method="hmrf")
    said = str(error.value).partition(f"{there} GiB are free; ")[2]
    assert all(each in said for each in advice)
    assert said.count("or take") == sum("or take" in each for each in advice)


def test_an_image_that_cannot_even_be_read_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2**30)
    with pytest.raises(ValueError, match="of memory, 1 GiB are free"):
        check(Size(n_pixels=10**6, n_channels=1, of_slice=10**4), 4 * 10**6, 2**31, method="gmm")


@pytest.mark.parametrize(("n_bytes", "text"), [(5 * 2**20, "5 MiB"), (1.5 * 2**30, "1.5 GiB"), (2**35, "32 GiB")])
def test_sizes_as_people_read_them(n_bytes, text):
    assert memory.said(n_bytes) == text


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({"memory.max": "1000", "memory.current": "700", "memory.stat": "anon 5\ninactive_file 200"}, [500]),
        ({"memory.max": "1000", "memory.current": "1200", "memory.stat": "anon 5"}, [0]),
        ({"memory.max": "max", "memory.current": "700", "memory.stat": ""}, []),
        ({"limit_in_bytes": "900", "usage_in_bytes": "400", "stat": "total_inactive_file 100"}, [600]),
        ({}, []),
    ],
)
def test_what_is_left_of_a_container(files, left, tmp_path):
    """Pages of files that the system takes back are free."""
    (tmp_path / "memory").mkdir()
    for name, text in files.items():
        (tmp_path / (name if "memory." in name else f"memory/memory.{name}")).write_text(text, encoding="utf-8")
    if "limit_in_bytes" in files:
        (tmp_path / "memory/memory.stat").write_text(files["stat"], encoding="utf-8")
    assert memory._left_of_containers(tmp_path) == left


def test_what_is_small_is_tried(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 0)
    check(Size(n_pixels=30, n_channels=1, of_slice=30), 120, 240, method="hmrf")


def test_the_memory_of_this_machine():
    assert memory.available() > 0
    assert memory.peak() > 2**20


PIXELS = [name for name, method in METHODS.items() if not method.deep]


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("method", "distribution", "n_channels"),
    [
        *((method, "gaussian", n_channels) for method in PIXELS for n_channels in (1, 2)),
        *(("gmm", distribution, 1) for distribution in (*CHOSEN_FROM[1:], AUTO)),
        ("hmrf", "student", 2),
        ("hmrf", "rician", 1),
        ("svgmm", "student", 1),
    ],
)
def test_the_need_is_near_what_is_held(method, distribution, n_channels):
    """Not less, which would end in a kill; not four times as much, which would refuse what fits."""
    command = [sys.executable, "-c", MEASURED, method, distribution, str(n_channels), "160"]
    held = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    given = settings(method, distribution=distribution)
    said = room.always(given) + need(Size(n_pixels=160**3, n_channels=n_channels, of_slice=160**2), given)
    assert held < said < 4 * held

"""TIFF that tifffile cannot unpack: others give the values as they are stored, or it is refused in one line."""

import warnings

import numpy as np
import PIL.Image
import pytest
import tifffile

from deepmix.files import images

from .tiff_files import packed_bits, set_tag, write_lzw

RNG = np.random.default_rng(0)
WIDE, HIGH = 6, 4
WIDTH, BITS_PER_SAMPLE = 256, 258


def numbers(*shape: int, dtype: str = "u1") -> np.ndarray:
    return RNG.integers(0, 200, shape).astype(dtype)


def equal_or_refused(path, expected):
    """Whether the file is read, with these channels; else it is refused in one line that says what to do."""
    try:
        found = images.read_image([path]).channels
    except ValueError as error:
        refused = str(error)
    else:
        refused = None
    if refused is not None:
        assert refused.startswith(f"cannot read {path}: ")
        assert refused.endswith("; or save it uncompressed, in whole bytes")
        assert "\n" not in refused
        return False
    np.testing.assert_array_equal(found, expected)
    return True


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "f4"])
@pytest.mark.parametrize(
    ("photometric", "extra", "kept"),
    [
        ("minisblack", [], [0]),
        ("minisblack", [0], [0, 1]),
        ("minisblack", [2], [0]),
        ("minisblack", [1], [0]),
        ("minisblack", [0, 0], [0, 1, 2]),
        ("rgb", [], [0, 1, 2]),
        ("rgb", [0], [0, 1, 2, 3]),
        ("rgb", [1], [0, 1, 2]),
        ("rgb", [2], [0, 1, 2]),
        ("rgb", [0, 0], [0, 1, 2, 3, 4]),
    ],
)
@pytest.mark.parametrize("planes", ["contig", "separate"])
def test_samples_of_every_kind_are_read_as_stored_or_refused(tmp_path, dtype, photometric, extra, kept, planes):
    n = len(extra) + (3 if photometric == "rgb" else 1)
    array = numbers(HIGH, WIDE, n, dtype=dtype)
    separate = planes == "separate" and n > 1
    segments = np.moveaxis(array, -1, 0) if separate else array[None]
    options = {"photometric": photometric, "extrasamples": extra, **({"planarconfig": planes} if n > 1 else {})}
    shape = segments.shape if separate else array.shape if n > 1 else array.shape[:2]
    write_lzw(tmp_path / "a.tif", segments, shape, **options)
    with warnings.catch_warnings(action="ignore"):
        read = equal_or_refused(tmp_path / "a.tif", array[..., kept].T)
    if dtype in ("u1", "u2", "f4") and not extra and not separate:
        assert read


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("photometric", ["minisblack", "palette"])
def test_samples_of_few_bits_are_read_as_stored_or_refused(tmp_path, bits, packed, photometric):
    path, values = tmp_path / "a.tif", RNG.integers(0, 2**bits, (HIGH, 8)).astype(np.uint8)
    rows = packed_bits(values, bits)
    options = {"colormap": numbers(3, 256, dtype="u2")} if photometric == "palette" else {}
    if packed:
        write_lzw(path, rows[None], rows.shape, photometric=photometric, **options)
    else:
        tifffile.imwrite(path, rows, photometric=photometric, metadata=None, **options)
    set_tag(path, WIDTH, 8)
    set_tag(path, BITS_PER_SAMPLE, bits)
    if (bits, photometric) == (1, "minisblack"):
        assert equal_or_refused(path, values.T[None])
    elif bits > 1:
        assert not equal_or_refused(path, values.T[None])


def test_jpeg_is_read_as_its_colours_whoever_unpacks_it(tmp_path):
    """A file says YCbCr, every decoder gives RGB."""
    colours = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    PIL.Image.fromarray(colours).save(tmp_path / "a.tif", compression="jpeg")
    found = images.read_image([tmp_path / "a.tif"]).channels
    np.testing.assert_allclose(found, colours.T, atol=3)

"""What the samples of a TIFF mean: white as 0, palettes, colours of other models, alpha."""

import warnings

import numpy as np
import pytest
import tifffile

from deepmix.files import extents, images

from .tiff_files import packed_bits, set_tag, write_lzw

RNG = np.random.default_rng(0)
WIDE, HIGH = 8, 4
PHOTOMETRIC = 262
WHITE_AS_0 = {"photometric": "miniswhite", "metadata": None, "software": "scanner"}
WHITE_IS_ZERO = r"white is 0 in .*a\.tif \(MINISWHITE\): turned round, so that bright is large"


@pytest.mark.parametrize("photometric", [5, 6, 8, 9, 10, 32803])
def test_other_models_of_colour_are_refused(tmp_path, photometric):
    """Of them Y, Cb, Cr or L, a, b would be taken for red, green, blue."""
    tifffile.imwrite(tmp_path / "a.tif", RNG.integers(0, 200, (HIGH, WIDE, 3)).astype(np.uint8), metadata=None)
    set_tag(tmp_path / "a.tif", PHOTOMETRIC, photometric)
    name = tifffile.PHOTOMETRIC(photometric).name
    with pytest.raises(ValueError, match=rf"^cannot read .*a\.tif: its colours are {name}; save it as RGB$"):
        images.read_image([tmp_path / "a.tif"])
    assert extents.of_image([tmp_path / "a.tif"]) is None


@pytest.mark.parametrize("compressed", [False, True])
def test_colours_multiplied_by_alpha_are_as_stored_or_refused(tmp_path, compressed):
    array = RNG.integers(0, 100, (HIGH, WIDE, 4)).astype(np.uint8)
    array[..., 3] = 100
    options = {"photometric": "rgb", "extrasamples": [1]}
    if compressed:
        write_lzw(tmp_path / "a.tif", array[None], array.shape, **options)
        with pytest.raises(ValueError, match=r"^cannot read .*a\.tif: .*LZW"):
            images.read_image([tmp_path / "a.tif"])
    else:
        tifffile.imwrite(tmp_path / "a.tif", array, metadata=None, **options)
        np.testing.assert_array_equal(images.read_image([tmp_path / "a.tif"]).channels, array[..., :3].T)


@pytest.mark.parametrize("form", ["planes", "pages", "grey"])
def test_alpha_that_varies_is_left_out_and_said(tmp_path, form):
    """tifffile takes the fourth of four planes for alpha."""
    array = RNG.integers(0, 200, (4, HIGH, WIDE)).astype(np.uint8)
    path = tmp_path / "a.tif"
    if form == "planes":
        tifffile.imwrite(path, array, photometric="rgb", planarconfig="separate", metadata=None)
        expected = array[:3].transpose(0, 2, 1)
    elif form == "pages":
        array = RNG.integers(0, 200, (2, HIGH, WIDE, 4)).astype(np.uint8)
        tifffile.imwrite(path, array, photometric="rgb", extrasamples=[2], metadata={"axes": "ZYXS"})
        expected = array[..., :3].transpose(3, 2, 1, 0)
    else:
        tifffile.imwrite(path, array[:2].transpose(1, 2, 0), photometric="minisblack", extrasamples=[2])
        expected = array[:1].transpose(0, 2, 1)
    with pytest.warns(UserWarning, match=r"^the alpha of .*a\.tif is left out, .*; if it is a channel") as caught:
        np.testing.assert_array_equal(images.read_image([path]).channels, expected)
    assert len([each for each in caught if "alpha" in str(each.message)]) == 1
    assert "\n" not in str(caught[0].message)


@pytest.mark.parametrize("dtype", ["?", "u1", "u2", "i2"])
def test_where_white_is_0_it_is_turned_round(tmp_path, dtype):
    stored = RNG.integers(0, 2 if dtype == "?" else 200, (HIGH, WIDE)).astype(dtype)
    tifffile.imwrite(tmp_path / "a.tif", stored, **WHITE_AS_0)
    with pytest.warns(UserWarning, match=WHITE_IS_ZERO):
        found = images.read_image([tmp_path / "a.tif"]).channels
    largest = {"?": 1, "u1": 255, "u2": 65535, "i2": -1}[dtype]
    np.testing.assert_array_equal(found, largest - stored.T[None].astype(int))


@pytest.mark.parametrize("dtype", ["?", "u1"])
def test_a_mask_is_where_it_is_bright(tmp_path, dtype):
    inside = RNG.random((HIGH, WIDE)) < 0.3
    stored = ~inside if dtype == "?" else np.where(inside, 0, 255).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stored, **WHITE_AS_0)
    with pytest.warns(UserWarning, match=WHITE_IS_ZERO):
        like = images.read_grid(tmp_path / "a.tif")
    with pytest.warns(UserWarning, match=WHITE_IS_ZERO):
        np.testing.assert_array_equal(images.read_mask(tmp_path / "a.tif", like), inside.T)


def test_a_mask_that_tifffile_wrote_is_as_it_was_given(tmp_path):
    """It calls arrays of bool white as 0, whatever they are."""
    inside = RNG.random((HIGH, WIDE)) < 0.3
    tifffile.imwrite(tmp_path / "a.tif", inside)
    with warnings.catch_warnings(action="error"):
        like = images.read_grid(tmp_path / "a.tif")
        np.testing.assert_array_equal(images.read_mask(tmp_path / "a.tif", like), inside.T)
        np.testing.assert_array_equal(images.read_image([tmp_path / "a.tif"]).channels, inside.T[None])


def test_labels_are_no_greys(tmp_path):
    stored = RNG.integers(0, 4, (HIGH, WIDE)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stored, **WHITE_AS_0)
    with warnings.catch_warnings(action="error"):
        like = images.read_grid(tmp_path / "a.tif")
        np.testing.assert_array_equal(images.read_labels(tmp_path / "a.tif", like), stored.T)


def test_floats_with_white_as_0_know_no_black(tmp_path):
    stored = RNG.random((HIGH, WIDE)).astype(np.float32)
    tifffile.imwrite(tmp_path / "a.tif", stored, **WHITE_AS_0)
    with pytest.raises(
        ValueError, match=r"^cannot read .*a\.tif: white is 0 .* black .*; save it with 0 as black$"
    ):
        images.read_image([tmp_path / "a.tif"])


def test_where_no_tag_says_what_white_is_values_are_as_stored(tmp_path):
    stored = RNG.integers(0, 200, (HIGH, WIDE)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", stored, metadata=None)
    raw = (tmp_path / "a.tif").read_bytes()
    tag, other = (number.to_bytes(2, "little") + b"\x03\x00\x01\x00\x00\x00" for number in (PHOTOMETRIC, 263))
    assert raw.count(tag) == 1
    (tmp_path / "a.tif").write_bytes(raw.replace(tag, other))
    with warnings.catch_warnings(action="error"):
        np.testing.assert_array_equal(images.read_image([tmp_path / "a.tif"]).channels, stored.T[None])


def test_white_as_0_of_few_bits_is_not_left_to_other_libraries(tmp_path):
    """Some turn it, some do not."""
    rows = packed_bits(RNG.integers(0, 2, (HIGH, WIDE)), 1)
    write_lzw(tmp_path / "a.tif", rows[None], rows.shape, photometric="miniswhite")
    with pytest.raises(ValueError, match=r"^cannot read .*a\.tif: .*LZW"):
        images.read_image([tmp_path / "a.tif"])

"""PNG, JPEG and BMP: colours, palettes and depths as the file has them, alpha left out, as they are seen."""

import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

from deepmix.files import extents, images

RNG = np.random.default_rng(0)
WIDE, HIGH = 6, 4


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(path: Path, samples: np.ndarray, bits: int, kind: int) -> Path:
    """Write samples (y, x[, c]) of 8 or 16 bits as a PNG of that kind: 0 grey, 2 RGB, 4 grey and alpha, 6 RGBA."""
    rows = samples.astype(f">u{bits // 8}").reshape(len(samples), -1)
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, kind, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    chunks = {b"IHDR": header, b"IDAT": pixels, b"IEND": b""}
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(name, data) for name, data in chunks.items()))
    return path


def samples(n: int, most: int = 256) -> np.ndarray:
    return RNG.integers(0, most, (HIGH, WIDE, n))


def check(path: Path, expected: np.ndarray, dtype: type = np.float32) -> None:
    """The picture has these channels (M, x, y), and its header says so."""
    found, extent = images.read_image([path]), extents.of_image([path])
    np.testing.assert_array_equal(found.channels, expected)
    assert found.channels.dtype == dtype
    assert found.geometry is not None
    assert found.geometry.size == expected.shape[1:]
    assert extent is not None
    assert extent[:4] == (expected[0].size, len(expected), expected[0].size, found.channels.nbytes)


@pytest.mark.parametrize(("kind", "n"), [(0, 1), (4, 2), (2, 3), (6, 4)])
@pytest.mark.parametrize("bits", [8, 16])
def test_alpha_is_no_channel_and_16_bits_are_kept(tmp_path, kind, n, bits):
    array = samples(n, 2**bits)
    path = png(tmp_path / "a.png", array, bits, kind)
    n_colours = 1 if n < 3 else 3
    if (bits, kind) == (16, 4):
        with pytest.warns(UserWarning, match=r"a\.png is read with 8 of its 16 bits: save it without alpha"):
            found = images.read_image([path]).channels
        np.testing.assert_array_equal(found, array[..., :1].T // 256)
        return
    with warnings.catch_warnings(action="error"):
        check(path, array[..., :n_colours].T)


def test_a_bmp_of_32_bits_has_three_colours(tmp_path):
    array = samples(4).astype(np.uint8)
    PIL.Image.fromarray(array, "RGBA").save(tmp_path / "a.bmp")
    check(tmp_path / "a.bmp", array[..., :3].T)


@pytest.mark.parametrize("name", ["a.png", "a.bmp"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_of_a_palette_an_image_has_the_colours_and_a_label_map_the_places(tmp_path, name, bits):
    places = samples(1, 2**bits)[..., 0].astype(np.uint8)
    colours = RNG.integers(0, 256, (2**bits, 3)).astype(np.uint8)
    picture = PIL.Image.fromarray(places, "P")
    picture.putpalette(colours.ravel().tolist())
    if name == "a.png":
        picture.save(tmp_path / name, bits=bits, transparency=bytes(2**bits * [7]))
    else:
        picture.save(tmp_path / name)
    with warnings.catch_warnings(action="error"):
        check(tmp_path / name, colours[places].transpose(2, 1, 0))
    like = images.read_grid(tmp_path / name)
    assert like.channels.shape == (1, WIDE, HIGH)
    np.testing.assert_array_equal(images.read_labels(tmp_path / name, like), places.T)


def test_inks_are_read_as_colours(tmp_path):
    inks = PIL.Image.fromarray(samples(4).astype(np.uint8), "CMYK")
    inks.save(tmp_path / "a.jpg", quality=100)
    seen = np.asarray(PIL.Image.open(tmp_path / "a.jpg").convert("RGB"))
    check(tmp_path / "a.jpg", seen.T)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_picture_of_a_camera_is_read_as_it_is_seen(tmp_path, name, orientation):
    array = RNG.integers(0, 256, (16, 24, 3)).astype(np.uint8)
    exif = PIL.Image.Exif()
    exif[274] = orientation
    PIL.Image.fromarray(array).save(tmp_path / name, exif=exif)
    seen = PIL.ImageOps.exif_transpose(PIL.Image.open(tmp_path / name))
    check(tmp_path / name, np.asarray(seen).T)
    like = images.read_image([tmp_path / name])
    labels = RNG.integers(0, 5, like.channels.shape[1:])
    written = images.write_labels(tmp_path / "labels", labels, like)
    with PIL.Image.open(written) as result:
        assert result.getexif().get(274, 1) == 1
        np.testing.assert_array_equal(np.asarray(result), labels.T)


def test_a_mask_drawn_on_the_stored_pixels_of_a_turned_picture_is_said_to_be_turned(tmp_path):
    exif = PIL.Image.Exif()
    exif[274] = 6
    PIL.Image.new("L", (7, 5)).save(tmp_path / "camera.jpg", exif=exif)
    PIL.Image.new("L", (7, 5), 1).save(tmp_path / "mask.png")
    with pytest.raises(ValueError, match=r"size 7×5 against 5×7; as if one were turned: pictures"):
        images.read_mask(tmp_path / "mask.png", images.read_image([tmp_path / "camera.jpg"]))


def turned(form: str, orientation: int = 6) -> bytes:
    """The part of a PNG that says how it is turned, by EXIF or by XMP."""
    exif = PIL.Image.Exif()
    exif[274] = orientation
    xmp = f'<x:xmpmeta><rdf:Description tiff:Orientation="{orientation}"/></x:xmpmeta>'.encode()
    return {
        "exif": chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")),
        "xmp": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
    }[form]


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("form", ["exif", "xmp"])
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_png_may_say_how_it_is_turned_before_its_pixels_or_after(tmp_path, bits, form, place):
    array = samples(3, 2**bits)
    path = png(tmp_path / "a.png", array, bits, 2)
    raw = path.read_bytes()
    start = 33 if place == "before" else len(raw) - 12  # the header ends there, or the end begins
    path.write_bytes(raw[:start] + turned(form) + raw[start:])
    check(path, np.rot90(array, -1).T)
    assert images.read_stored([path])[0].shape == (HIGH, WIDE)


def test_a_png_of_many_pieces_says_how_it_is_turned_after_them(tmp_path):
    array = RNG.integers(0, 256, (300, 400, 3))
    PIL.Image.fromarray(array.astype(np.uint8)).save(tmp_path / "a.png")
    raw = (tmp_path / "a.png").read_bytes()
    assert raw.count(b"IDAT") > 1
    (tmp_path / "a.png").write_bytes(raw[:-12] + turned("exif") + raw[-12:])
    check(tmp_path / "a.png", np.rot90(array, -1).T)
    assert images.read_stored([tmp_path / "a.png"])[0].shape == (300, 400)


def test_a_jpeg_may_say_by_xmp_how_it_is_turned(tmp_path):
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    PIL.Image.fromarray(samples(1)[..., 0].astype(np.uint8)).save(tmp_path / "a.jpg", xmp=xmp)
    check(tmp_path / "a.jpg", np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(tmp_path / "a.jpg"))).T[None])
    assert images.read_image([tmp_path / "a.jpg"]).channels.shape == (1, HIGH, WIDE)


def test_the_size_of_pixels_goes_over_into_the_results(tmp_path):
    PIL.Image.fromarray(samples(1)[..., 0].astype(np.uint8)).save(tmp_path / "a.jpg", dpi=(100, 200))
    like = images.read_image([tmp_path / "a.jpg"])
    assert like.aspect == pytest.approx(0.5)
    labels = images.write_labels(tmp_path / "labels", np.ones((WIDE, HIGH), int), like)
    assert images.read_image([labels]).aspect == pytest.approx(0.5, rel=1e-3)
    maps = images.write_maps(tmp_path / "maps", np.ones((2, WIDE, HIGH)), like)
    assert images.read_image([maps]).aspect == pytest.approx(0.5, rel=1e-3)


def test_a_large_picture_is_no_attack(tmp_path, monkeypatch):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 4)
    array = samples(1)[..., 0].astype(np.uint8)
    PIL.Image.fromarray(array).save(tmp_path / "a.png")
    check(tmp_path / "a.png", array.T[None])
    assert PIL.Image.MAX_IMAGE_PIXELS == 4


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp"])
def test_damaged_pictures_are_refused_in_one_line(tmp_path, name, capfd):
    PIL.Image.fromarray(RNG.integers(0, 256, (80, 90, 3)).astype(np.uint8)).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    for length in (0, 20, len(whole) // 2):
        (tmp_path / name).write_bytes(whole[:length])
        with (
            warnings.catch_warnings(action="error"),
            pytest.raises(ValueError, match=r"^cannot read .*") as caught,
        ):
            images.read_image([tmp_path / name])
        assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.tif"])
def test_the_header_is_read_alone(tmp_path, name):
    """The size is known where the pixels are lost."""
    PIL.Image.fromarray(RNG.integers(0, 256, (80, 90, 3)).astype(np.uint8)).save(tmp_path / name)
    os.truncate(tmp_path / name, 1000)
    extent = extents.of_image([tmp_path / name])
    assert extent is not None
    assert extent[:2] == (80 * 90, 3)

"""TIFF: every kind of sample, of pages and of compression; label maps and probabilities come back equal."""

import os
import warnings
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import SimpleITK as sitk
import tifffile

from deepmix.files import extents, images

RNG = np.random.default_rng(0)
WIDE, HIGH = 6, 4
GREY = {"photometric": "minisblack"}


def check(path: Path, expected: np.ndarray, channels_are: str | None = None) -> None:
    """The file has these channels (M, x, y[, z]), and its header says so."""
    found, extent = images.read_image([path], channels_are), extents.of_image([path], channels_are)
    np.testing.assert_array_equal(found.channels, expected)
    assert found.geometry is not None
    assert found.geometry.size == expected.shape[1:]
    assert found.suffix == ".tif"
    assert extent is not None
    assert extent[:4] == (expected[0].size, len(expected), WIDE * HIGH, found.channels.nbytes)


def numbers(*shape: int, dtype: str = "u1") -> np.ndarray:
    return (RNG.random(shape) * 200).astype(dtype)


@pytest.mark.parametrize("dtype", ["?", "u1", "i1", "u2", "i2", "f2", "u4", "i4", "f4", "f8"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_samples_of_every_kind(tmp_path, dtype, tile):
    array = numbers(HIGH, WIDE, dtype=dtype)
    tifffile.imwrite(tmp_path / "a.tif", array, tile=tile, metadata=None)
    with warnings.catch_warnings(action="error"):
        check(tmp_path / "a.tif", array.T[None])


@pytest.mark.parametrize("planes", ["contig", "separate"])
@pytest.mark.parametrize(
    ("photometric", "extra", "kept"),
    [
        ("minisblack", [0], [0, 1]),
        ("minisblack", [0, 0, 0], [0, 1, 2, 3]),
        ("minisblack", [2], [0]),
        ("minisblack", [0, 1], [0, 1]),
        ("minisblack", [2, 0], [0, 2]),
        ("rgb", [], [0, 1, 2]),
        ("rgb", [0], [0, 1, 2, 3]),
        ("rgb", [1], [0, 1, 2]),
        ("rgb", [2], [0, 1, 2]),
        ("rgb", [2, 0], [0, 1, 2, 4]),
    ],
)
def test_samples_are_channels_but_for_alpha(tmp_path, planes, photometric, extra, kept):
    n = len(extra) + (3 if photometric == "rgb" else 1)
    array = numbers(HIGH, WIDE, n)
    array[..., [k for k in range(n) if k not in kept]] = 255
    stored = array if planes == "contig" else np.moveaxis(array, -1, 0)
    options = {"photometric": photometric, "extrasamples": extra, "planarconfig": planes, "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", stored, **options)
    with warnings.catch_warnings(action="error"):
        check(tmp_path / "a.tif", array[..., kept].T)


@pytest.mark.parametrize("told", [None, "pages", "samples"])
@pytest.mark.parametrize("form", ["imagej", "ome"])
def test_a_file_that_names_its_axes_decides(tmp_path, form, told):
    """Pages are channels, or slices, or both, with colours in each."""
    for axes, shape, order in [
        ("CYX", (3, HIGH, WIDE), (0, 2, 1)),
        ("ZYX", (3, HIGH, WIDE), (2, 1, 0)),
        ("ZCYX", (2, 3, HIGH, WIDE), (1, 3, 2, 0)),
        ("ZYXS", (2, HIGH, WIDE, 3), (3, 2, 1, 0)),
    ]:
        path, array = tmp_path / f"{axes}.tif", numbers(*shape)
        photometric = "rgb" if "S" in axes else "minisblack"
        tifffile.imwrite(path, array, **{form: True}, photometric=photometric, metadata={"axes": axes})
        expected = array.transpose(order)
        against = {None: "", "pages": "Z", "samples": "C"}[told]
        with warnings.catch_warnings(record=True) as caught:
            check(path, expected if "C" in axes or "S" in axes else expected[None], told)
        assert bool(caught) == bool(against and against in axes)
        assert all(f"--channels-are {told} is ignored" in str(each.message) for each in caught)


@pytest.mark.parametrize("form", ["plain", "tifffile", "times", "times of ome"])
def test_pages_without_a_word_are_slices_unless_told(tmp_path, form):
    path, array = tmp_path / "a.tif", numbers(3, HIGH, WIDE)
    options = {
        "plain": {"metadata": None},
        "tifffile": {},
        "times": {"imagej": True, "metadata": {"axes": "TYX"}},
        "times of ome": {"ome": True, "metadata": {"axes": "TYX"}},
    }
    tifffile.imwrite(path, array, **GREY, **options[form])
    with pytest.warns(UserWarning, match=r"^the 3 pages of .*a\.tif are taken for slices of a volume; segment"):
        check(path, array.T[None])
    with warnings.catch_warnings(action="error"):
        check(path, array.transpose(0, 2, 1), "pages")
        check(path, array.T[None], "samples")
        like = images.read_grid(path)  # a label map has one channel
        np.testing.assert_array_equal(images.read_labels(path, like), array.T)
        assert images.read_image([path, path]).channels.shape == (2, WIDE, HIGH, 3)


def test_pages_of_colours(tmp_path):
    array = numbers(2, HIGH, WIDE, 4)
    array[..., 3] = 255
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", extrasamples=[2], metadata=None)
    check(tmp_path / "a.tif", array[..., :3].transpose(3, 2, 1, 0), "samples")
    check(tmp_path / "a.tif", array[..., :3].transpose(0, 3, 2, 1).reshape(6, WIDE, HIGH), "pages")


@pytest.mark.parametrize("form", ["imagej", "ome"])
def test_times_beside_slices_are_channels_if_pages_are_and_else_refused(tmp_path, form):
    path, array = tmp_path / "a.tif", numbers(2, 3, HIGH, WIDE)
    tifffile.imwrite(path, array, **{form: True}, **GREY, metadata={"axes": "TZYX"})
    places = r"a\.tif has more than three axes .*: pages are 2 along T, 3 along Z; "
    for paths in ([path], [path, path]):
        with pytest.raises(ValueError, match=places + "segment --channels-are pages takes those along T"):
            images.read_image(paths)
        with pytest.raises(ValueError, match=places + "save fewer$"):
            images.read_image(paths, "samples")
    with pytest.raises(ValueError, match=places + "save fewer$"):
        images.read_grid(path)
    with warnings.catch_warnings(action="error"):
        check(path, array.transpose(0, 3, 2, 1), "pages")


def test_an_option_that_has_an_effect_is_for_the_file(tmp_path):
    """Times are slices; that channels are channels the file says itself."""
    array = numbers(2, 3, HIGH, WIDE)
    tifffile.imwrite(tmp_path / "a.tif", array, imagej=True, metadata={"axes": "TCYX"})
    with warnings.catch_warnings(action="error"):
        check(tmp_path / "a.tif", array.transpose(1, 3, 2, 0), "samples")


@pytest.mark.parametrize("kind", ["grey", "rgb", "palette", "volumes"])
def test_equal_pages_that_were_written_one_by_one_are_pages(tmp_path, kind):
    """tifffile describes each as an image of its own."""
    shape = {"rgb": (HIGH, WIDE, 3), "volumes": (2, HIGH, WIDE)}.get(kind, (HIGH, WIDE))
    frames = numbers(4, *shape)
    colours = RNG.integers(0, 2**16, (3, 256)).astype(np.uint16)
    options = {"rgb": {"photometric": "rgb"}, "palette": {"photometric": "palette", "colormap": colours}}
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for frame in frames:
            file.write(frame, **options.get(kind, GREY))
    if kind == "volumes":
        with pytest.raises(
            ValueError, match=r"a\.tif has more than three axes .*: pages are 4 along I, 2 along Q; segment --"
        ):
            images.read_image([tmp_path / "a.tif"])
        check(tmp_path / "a.tif", frames.reshape(8, HIGH, WIDE).transpose(0, 2, 1), "pages")
        return
    as_pages = colours[:, frames].swapaxes(0, 1) if kind == "palette" else frames[:, None]
    if kind == "rgb":
        as_pages = np.moveaxis(frames, -1, 1)
    slices = as_pages.transpose(1, 3, 2, 0)
    with pytest.warns(UserWarning, match=r"^the 4 pages of .*a\.tif are taken for slices of a volume; segment"):
        check(tmp_path / "a.tif", slices)
    check(tmp_path / "a.tif", slices, "samples")
    check(tmp_path / "a.tif", as_pages.reshape(-1, HIGH, WIDE).transpose(0, 2, 1), "pages")


def test_pages_of_different_sizes_are_refused_and_thumbnails_left_out(tmp_path):
    large, small = numbers(HIGH, WIDE), numbers(2, 3)
    for name, kind in (("a.tif", 0), ("b.tif", 1)):
        with tifffile.TiffWriter(tmp_path / name) as file:
            file.write(large, metadata=None)
            file.write(small, metadata=None, subfiletype=kind)
    with pytest.raises(ValueError, match=r"a\.tif holds 2 images \(6×4 uint8, 3×2 uint8\); save the one meant"):
        images.read_image([tmp_path / "a.tif"])
    check(tmp_path / "b.tif", large.T[None])


def test_of_a_palette_an_image_has_the_colours_and_a_label_map_the_places(tmp_path):
    path, places = tmp_path / "a.tif", numbers(HIGH, WIDE)
    colours = RNG.integers(0, 2**16, (3, 256)).astype(np.uint16)
    tifffile.imwrite(path, places, photometric="palette", colormap=colours, metadata=None)
    check(path, colours[:, places].swapaxes(1, 2))
    np.testing.assert_array_equal(images.read_labels(path, images.read_grid(path)), places.T)


COMPRESSED = [
    *(("tiff_lzw", mode) for mode in ("1", "L", "P", "RGB", "I;16", "F")),
    *(("packbits", mode) for mode in ("1", "L", "RGB")),
    *(("tiff_adobe_deflate", mode) for mode in ("1", "P", "I;16")),
    *(("jpeg", mode) for mode in ("L", "RGB")),
    ("group4", "1"),
]


@pytest.mark.parametrize(("compression", "mode"), COMPRESSED)
@pytest.mark.parametrize("n_pages", [1, 3])
def test_compressed_files_are_read(tmp_path, compression, mode, n_pages, capfd):
    arrays = [numbers(HIGH, WIDE, *[3] * (mode == "RGB"), dtype={"I;16": "u2", "F": "f4"}.get(mode, "u1"))]
    arrays += [array[::-1] for array in arrays for _ in range(n_pages - 1)]
    first, *others = (PIL.Image.fromarray(array) for array in arrays)
    pages = [page.convert(mode) if mode == "1" else page for page in (first, *others)]
    for page in pages if mode == "P" else ():
        page.putpalette(RNG.integers(0, 256, 768).tolist())
    tiff = {"compression": compression, "save_all": True, "append_images": pages[1:]}
    pages[0].save(tmp_path / "a.tif", **tiff)
    with PIL.Image.open(tmp_path / "a.tif") as written:
        seen = [written.seek(page) or np.asarray(written).copy() for page in range(n_pages)]
    expected = np.atleast_3d(seen[0]).T if n_pages == 1 else np.stack([np.atleast_3d(each).T for each in seen], -1)
    if mode == "P":
        expected = images.read_labels(tmp_path / "a.tif", images.read_grid(tmp_path / "a.tif"))
        np.testing.assert_array_equal(expected, np.stack(seen).T if n_pages > 1 else seen[0].T)
    else:
        np.testing.assert_array_equal(images.read_image([tmp_path / "a.tif"], "samples").channels, expected)
    assert capfd.readouterr().err == ""


def test_colours_of_16_bits_are_read_where_tifffile_lacks_the_compression(tmp_path):
    """ITK writes and reads them; Pillow would keep 8 bits."""
    array = numbers(HIGH, WIDE, 3, dtype="u2") * 300
    writer = sitk.ImageFileWriter()
    writer.SetFileName(str(tmp_path / "a.tif"))
    writer.SetCompressor("LZW")
    writer.UseCompressionOn()
    writer.Execute(sitk.GetImageFromArray(array, isVector=True))
    with tifffile.TiffFile(tmp_path / "a.tif") as written:
        assert written.pages[0].compression == tifffile.COMPRESSION.LZW
    check(tmp_path / "a.tif", array.T)


def test_what_no_library_can_be_trusted_to_decompress_is_refused_in_one_line(tmp_path, capfd):
    exif = PIL.Image.Exif()
    exif[274] = 6
    PIL.Image.fromarray(numbers(HIGH, WIDE)).save(tmp_path / "a.tif", compression="tiff_lzw", exif=exif)
    with pytest.raises(
        ValueError, match=r"^cannot read .*a\.tif: .*LZW.*; or save it uncompressed, in whole bytes$"
    ) as caught:
        images.read_image([tmp_path / "a.tif"])
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_damaged_pixels_are_refused_in_one_line(tmp_path, capfd):
    PIL.Image.fromarray(numbers(80, 90)).save(tmp_path / "a.tif", compression="tiff_lzw")
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        start = file.pages[0].dataoffsets[0]
    with (tmp_path / "a.tif").open("r+b") as raw:
        raw.seek(start + 40)
        raw.write(b"\xff" * 2000)
    with pytest.raises(ValueError, match=r"^cannot read .*a\.tif: ") as caught:
        images.read_image([tmp_path / "a.tif"])
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_pages_that_are_named_and_missing_are_refused(tmp_path):
    """They would be read as 0."""
    tifffile.imwrite(tmp_path / "a.tif", numbers(3, HIGH, WIDE), ome=True, metadata={"axes": "ZYX"})
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        said = file.ome_metadata.replace('SizeZ="3"', 'SizeZ="5"').replace('PlaneCount="3"', 'PlaneCount="5"')
    tifffile.imwrite(tmp_path / "b.tif", numbers(3, HIGH, WIDE), metadata=None, description=said, **GREY)
    with pytest.raises(ValueError, match=r"b\.tif lacks 2 of the pages that it names"):
        images.read_image([tmp_path / "b.tif"])


@pytest.mark.parametrize("form", [{"metadata": None}, {"imagej": True}, {"ome": True}])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_file_cut_short_is_refused_in_one_line(tmp_path, form, share, capfd):
    tifffile.imwrite(tmp_path / "a.tif", numbers(5, 40, 50), **GREY, compression=None, **form)
    os.truncate(tmp_path / "a.tif", int(share * (tmp_path / "a.tif").stat().st_size))
    with pytest.raises(ValueError, match=r"^cannot read .*a\.tif: ") as caught:
        images.read_image([tmp_path / "a.tif"])
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(("name", "depth"), [("a.tif", ()), ("a.tif", (5,)), ("a.png", ())])
@pytest.mark.parametrize("n_classes", [1, 2, 3, 4, 5])
def test_results_come_back_equal_with_no_word_about_pages(tmp_path, name, depth, n_classes):
    array = numbers(*depth, HIGH, WIDE)
    if name == "a.tif":
        tifffile.imwrite(tmp_path / name, array, **GREY, metadata={"axes": "ZYX"[-array.ndim :]})
    else:
        PIL.Image.fromarray(array).save(tmp_path / name)
    like = images.read_image([tmp_path / name], "samples")
    shape = like.channels.shape[1:]
    labels, maps = RNG.integers(0, 300, shape), RNG.random((n_classes, *shape)).astype(np.float32)
    with warnings.catch_warnings(action="error"):
        written = images.write_labels(tmp_path / "labels", labels, like)
        assert written.suffix == Path(name).suffix
        np.testing.assert_array_equal(images.read_labels(written, like), labels)
        np.testing.assert_array_equal(images.read_image([written]).channels[0], labels)
        written = images.write_maps(tmp_path / "maps", maps, like)
        assert written.suffix == ".tif"
        again = images.read_image([written])
        np.testing.assert_array_equal(again.channels, maps)
        written = images.write_maps(tmp_path / "map", maps[0], like)
        np.testing.assert_array_equal(images.read_image([written]).channels, maps[:1])


def test_the_size_of_pixels_goes_over_into_the_results(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", numbers(HIGH, WIDE), resolution=(100, 50), resolutionunit="CENTIMETER")
    like = images.read_image([tmp_path / "a.tif"])
    assert like.geometry is not None
    assert like.geometry.spacing == (0.1, 0.2)
    for path in (
        images.write_labels(tmp_path / "labels", np.ones((WIDE, HIGH), int), like),
        images.write_maps(tmp_path / "maps", np.ones((3, WIDE, HIGH)), like),
    ):
        again = images.read_image([path]).geometry
        assert again is not None
        np.testing.assert_allclose(again.spacing, (0.1, 0.2))


def test_a_folder_that_is_not_there_for_the_results(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", numbers(HIGH, WIDE))
    like = images.read_image([tmp_path / "a.tif"])
    with pytest.raises(OSError, match=r"^cannot write .*labels\.tif"):
        images.write_labels(tmp_path / "nowhere" / "labels", np.ones((WIDE, HIGH), int), like)

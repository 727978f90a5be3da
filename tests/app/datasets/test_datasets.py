"""Data sets: crops, tables, the layout of MyoPS 2020, what is wrong with cases, and phantoms as such a set."""

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from deepmix.datasets import (
    CaseFiles,
    Crop,
    around,
    assembled,
    cropped,
    drawn,
    find,
    fitting,
    load,
    load_all,
    myops,
)
from deepmix.datasets.phantoms import CHANNELS, TISSUES
from deepmix.files import images
from tests.app.cli.test_cli import Command
from tests.app.cli.test_startup import call
from tests.app.files.test_images import save

RNG = np.random.default_rng(0)
CODES = {500: 1, 200: 2, 1220: 3, 2221: 4}  # as published: blood, myocardium, oedema, scar
SIDES = st.integers(1, 9)


@pytest.fixture
def run(capsys, monkeypatch) -> Command:
    return Command(capsys, monkeypatch)


# Crops


@st.composite
def crops(draw) -> Crop:
    """Any window of two axes or three, also one that shares nothing with the image."""
    side, start = draw(st.sampled_from([(SIDES, SIDES), (st.integers(1, 3),) * 3])), st.integers(-12, 12)
    return Crop(
        start=draw(st.tuples(*[start] * len(side))), size=draw(st.tuples(*side)), shape=draw(st.tuples(*side))
    )


@st.composite
def masks(draw, n_axes: int = 2) -> np.ndarray:
    """Two pixels, or one: they span any bounding box."""
    shape = draw(st.tuples(*[SIDES] * n_axes))
    pixels = st.tuples(*(st.integers(0, side - 1) for side in shape))
    mask = np.zeros(shape, bool)
    mask[draw(pixels)] = mask[draw(pixels)] = True
    return mask


def numbered(*shape: int) -> np.ndarray:
    """Every pixel another number, none 0."""
    return np.arange(1, np.prod(shape) + 1).reshape(shape)


@given(crops(), st.sampled_from([(), (2,), (2, 1)]))
def test_take_gives_the_pixels_at_their_places(crop: Crop, leading: tuple[int, ...]) -> None:
    array = numbered(*leading, *crop.shape)
    window = crop.take(array)
    assert window.shape == (*leading, *crop.size)
    assert window.dtype == array.dtype
    for place in np.ndindex(crop.size):
        there = tuple(np.add(crop.start, place))
        inside = (np.less_equal(0, there) & np.less(there, crop.shape)).all()
        np.testing.assert_array_equal(window[..., *place], array[..., *there] if inside else 0)


@given(crops(), st.sampled_from([(), (2,)]))
def test_give_undoes_take_inside_the_window(crop: Crop, leading: tuple[int, ...]) -> None:
    array = numbered(*leading, *crop.shape)
    along = [
        (np.arange(extent) >= start) & (np.arange(extent) < start + size)
        for start, size, extent in zip(*crop, strict=True)
    ]
    inside = np.all(np.meshgrid(*along, indexing="ij"), axis=0)
    np.testing.assert_array_equal(crop.give(crop.take(array)), np.where(inside, array, 0))


SIZED_MASKS = [st.tuples(masks(n_axes), st.tuples(*[SIDES] * n_axes)) for n_axes in (2, 3)]


@given(st.one_of(SIZED_MASKS))
def test_around_holds_the_mask_as_near_its_centre_as_it_can(sized: tuple[np.ndarray, tuple[int, ...]]) -> None:
    mask, size = sized
    occupied = np.argwhere(mask)
    first, end = occupied.min(axis=0), occupied.max(axis=0) + 1
    if (end - first > size).any():
        with pytest.raises(ValueError, match=r"does not fit into a crop of \d×\d(×\d)?$"):
            around(mask, size)
        return
    crop = around(mask, size)
    assert (crop.size, crop.shape) == (size, mask.shape)
    assert crop.take(mask).sum() == mask.sum()
    for axis, (start, length, extent) in enumerate(zip(*crop, strict=True)):
        allowed = range(min(extent - length, 0), max(extent - length, 0) + 1)  # within the image, or round it
        away = [abs(2 * each + length - first[axis] - end[axis]) for each in allowed]
        assert start in allowed
        assert abs(2 * start + length - first[axis] - end[axis]) == min(away)


def test_around_an_empty_mask() -> None:
    with pytest.raises(ValueError, match="the mask is empty"):
        around(np.zeros((4, 4), bool), (2, 2))


@given(
    st.one_of([st.lists(masks(n_axes), min_size=1, max_size=3) for n_axes in (2, 3)]),
    st.sampled_from([1, 2, 4]),
    st.integers(0, 3),
)
def test_fitting_is_the_smallest_that_fits_all(several: list[np.ndarray], multiple: int, margin: int) -> None:
    size = fitting(several, multiple, margin)
    wide = []  # the masks with their margin
    for mask in several:
        within = np.zeros_like(mask)
        within[tuple(slice(max(at.min() - margin, 0), at.max() + margin + 1) for at in np.argwhere(mask).T)] = True
        wide.append(within)
        assert around(mask, size).take(within).sum() == within.sum()
    for axis, side in enumerate(size):
        assert side % multiple == 0
        largest = max(
            int(np.moveaxis(within, axis, 0).any(axis=tuple(range(1, within.ndim))).sum()) for within in wide
        )
        assert side - multiple < largest <= side


# Tables


def table(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "cases.csv"
    path.write_text("\n".join(lines), encoding=encoding)
    return path


def test_a_table_names_files_relative_to_itself(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "b.nii"
    path = table(
        tmp_path,
        "\ufeffcase, T1 ,Mask,labels,FLAIR,patient",
        'one,sub/a.nii,m.nii,l.nii, "f, 1.nii",p',
        ",,,,,",
        f"two,{elsewhere},m.nii,,g.nii",
        "three,a.nii,,,",
    )
    one, two, three = find(path)
    assert one == CaseFiles(
        name="one",
        channels={"T1": tmp_path / "sub" / "a.nii", "FLAIR": tmp_path / "f, 1.nii"},
        mask=tmp_path / "m.nii",
        labels=tmp_path / "l.nii",
        patient="p",
    )
    assert list(one.channels) == ["T1", "FLAIR"]
    assert two.channels["T1"] == elsewhere
    assert (two.labels, two.patient, two.faults) == (None, "two", ())
    assert three.faults == ("no FLAIR file", "no mask file")
    assert find(tmp_path) == [one, two, three]  # the folder of a cases.csv


def test_a_table_without_masks_and_labels(tmp_path: Path) -> None:
    (case,) = find(table(tmp_path, "case,T1", "a,a.nii"))
    assert (case.mask, case.labels, case.faults) == (None, None, ())


TABLES = {
    "twice": (["case,T1", "a,1.nii", "b,2.nii", "a,3.nii"], "row 4 of .* names the case a again"),
    "no column case": (["name,T1", "a,1.nii"], "header of .* is 'name,T1', without a column case"),
    "semicolons": (["case;T1", "a;1.nii"], "without a column case"),
    "no channel": (["case,mask,labels", "a,m.nii,l.nii"], "without a channel"),
    "a column twice": (["case,T1,T1", "a,1.nii,2.nii"], "every column needs a name of its own"),
    "a column without name": (["case,T1,", "a,1.nii,2.nii"], "every column needs a name of its own"),
    "too many cells": (["case,T1", "a,1,2.nii"], "row 2 of .* has 3 cells, its header 2; quote"),
    "no name": (["case,T1", ",1.nii"], "row 2 of .* names its case ''"),
    "a path as name": (["case,T1", "../a,1.nii"], r"names its case '\.\./a'; a name must fit a folder"),
    "dots as name": (["case,T1", "..,1.nii"], "a name must fit a folder"),
    "only a header": (["case,T1"], "names no case below its header"),
    "empty": ([], "header of .* is '', without a column case"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_that_cannot_be_used(name: str, tmp_path: Path) -> None:
    lines, message = TABLES[name]
    with pytest.raises(ValueError, match=message):
        find(table(tmp_path, *lines))


def test_what_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="as CSV in UTF-8"):
        find(table(tmp_path, "case,T1", "ä,1.nii", encoding="utf-16"))
    (tmp_path / "cases.csv").rename(tmp_path / "cases.txt")
    with pytest.raises(ValueError, match="neither a table"):
        find(tmp_path / "cases.txt")
    with pytest.raises(ValueError, match=r"neither cases\.csv nor files of MyoPS 2020"):
        find(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no such file: .*missing\.csv"):
        find(tmp_path / "missing.csv")


# MyoPS 2020

TILES = np.kron(np.array([[500, 200], [1220, 2221]]), np.ones((3, 2), int))  # (6, 4): a tissue a corner


def truth(shape: tuple[int, int] = (20, 14), at: tuple[int, int] = (7, 5)) -> np.ndarray:
    """(H, W) codes: the four tissues in 6 × 4 pixels, and a spot of the right ventricle in a corner."""
    codes = np.zeros(shape, int)
    codes[:2, :2] = 600
    codes[at[0] : at[0] + 6, at[1] : at[1] + 4] = TILES
    return codes


def patient(number: int, folder: Path, codes: np.ndarray | None = None, **folders: Path) -> np.ndarray:
    """Write the files of a case, each sequence its own constant; the codes (H, W, D) written.

    folders: of the files of a kind that lie elsewhere.
    """
    codes = truth()[..., None] if codes is None else codes
    volumes = {kind: np.full(codes.shape, 10 * number + k) for k, kind in enumerate(("C0", "DE", "T2"))}
    for kind, volume in (volumes | {"gd": codes}).items():
        where = folders.get(kind, folder)
        where.mkdir(exist_ok=True)
        save(where / f"myops_training_{number}_{kind}.nii.gz", volume.astype(np.int16))
    return codes


def test_sequences_are_paired_by_number(tmp_path: Path) -> None:
    """Lists of files by sequence, in the order of the directory, would pair the wrong ones."""
    patient(9, tmp_path / "a", DE=tmp_path / "z", gd=tmp_path / "truth")
    patient(10, tmp_path / "z", T2=tmp_path / "a")
    patient(101, tmp_path / "m", C0=tmp_path / "z", gd=tmp_path / "truth")
    (tmp_path / "a" / "._myops_training_9_C0.nii.gz").touch()  # left by macOS
    (tmp_path / "a" / "myops_training_9_C0.txt").touch()
    cases = find(tmp_path)
    assert [case.name for case in cases] == [case.patient for case in cases] == ["9", "10", "101"]
    for case in cases:
        (item,) = load(case)
        assert list(case.channels) == list(CHANNELS) == ["bSSFP", "LGE", "T2"]
        assert [channel.max() for channel in item.image] == [10 * int(case.name) + k for k in range(3)]
        assert f"_{case.name}_gd" in str(case.labels)


def test_missing_and_doubled_files(tmp_path: Path) -> None:
    for number in (101, 102, 103):
        patient(number, tmp_path)
    (tmp_path / "myops_training_101_DE.nii.gz").unlink()
    (tmp_path / "myops_training_101_gd.nii.gz").unlink()
    patient(102, tmp_path / "copy")
    first, second, third = find(tmp_path)
    assert first.faults == ("no DE file", "no gd file")
    assert [fault.split(":")[0] for fault in second.faults] == [
        f"2 {kind} files" for kind in ("C0", "DE", "T2", "gd")
    ]
    assert all(fault.count("myops_training_102") == 2 for fault in second.faults)
    assert third.faults == ()
    with pytest.raises(ValueError, match=r"^no DE file; no gd file$"):
        load(first)


def test_codes_become_labels_and_the_mask(tmp_path: Path) -> None:
    codes = patient(101, tmp_path)[..., 0]
    (item,) = load(*find(tmp_path), size=(8, 6))
    expected = np.pad(np.vectorize(CODES.get)(TILES), 1)  # centred, without the right ventricle
    np.testing.assert_array_equal(item.labels, expected)
    np.testing.assert_array_equal(item.mask, expected > 0)
    assert item.mask.dtype == bool
    assert item.image.dtype == np.float32
    np.testing.assert_array_equal(item.crop.give(item.mask), np.isin(codes, list(CODES)))
    assert [TISSUES[label - 1] for label in CODES.values()] == [tissue for tissue, _ in myops.LAYOUT.codes]
    assert myops.LAYOUT.test_patients == ("109", "114", "117", "120", "122")


def test_slices_that_hold_all_tissues(tmp_path: Path) -> None:
    whole = truth()
    slices = [np.where(whole == 2221, 200, whole), whole, np.zeros_like(whole), truth(at=(12, 9))]
    patient(101, tmp_path, np.stack(slices, axis=-1))
    (case,) = find(tmp_path)
    items = load(case)
    assert [(item.name, item.z) for item in items] == [("101/slice_01", 1), ("101/slice_03", 3)]
    patient(102, tmp_path, np.stack(slices[::2], axis=-1))
    with pytest.raises(ValueError, match="no slice holds all of blood, myocardium, oedema, scar"):
        load(find(tmp_path)[1])


def test_the_crop_is_160_by_160_centred_on_the_mask(tmp_path: Path) -> None:
    patient(101, tmp_path, truth((200, 180), at=(110, 82))[..., None])
    (item,) = load(*find(tmp_path))
    assert item.image.shape == (3, 160, 160)
    assert item.crop == Crop(start=(33, 4), size=(160, 160), shape=(200, 180))  # 110 + 3 − 80, 82 + 2 − 80
    (larger,) = load(*find(tmp_path), size=(208, 184))
    assert larger.mask.sum() == item.mask.sum() == TILES.size


# What is read of cases


def listed(folder: Path, n_slices: int = 3, name: str = "good") -> CaseFiles:
    """A case of a table with two channels, a mask that leaves the first slice out, and labels."""
    shape = (8, 6, n_slices)
    mask = np.zeros(shape, np.uint8)
    mask[2:6, 1:4, 1:] = 1
    volumes = {
        "a": RNG.random(shape),
        "b": RNG.random(shape),
        "mask": mask,
        "labels": mask * RNG.integers(1, 5, shape),
    }
    files = {
        kind: save(folder / f"{name}_{kind}.nii", volume.astype(np.float32)) for kind, volume in volumes.items()
    }
    return CaseFiles(
        name=name,
        channels={"T1": files["a"], "T2": files["b"]},
        mask=files["mask"],
        labels=files["labels"],
        patient=name,
    )


def array_of(path: Path) -> np.ndarray:
    return images.read_image([path]).channels[0]


def test_slices_with_a_mask_are_loaded_in_their_own_unit(tmp_path: Path) -> None:
    case = listed(tmp_path)
    items = load(case)
    assert [item.name for item in items] == ["good/slice_01", "good/slice_02"]
    whole, labels = (
        images.read_image(list(case.channels.values())).channels,
        array_of(tmp_path / "good_labels.nii"),
    )
    for item in items:
        np.testing.assert_array_equal(item.image, whole[..., item.z])
        np.testing.assert_array_equal(item.labels, labels[..., item.z])
        np.testing.assert_array_equal(item.mask, labels[..., item.z] > 0)
        small = cropped(item, (4, 4))
        np.testing.assert_array_equal(small.image, item.image[:, 2:6, :4])
        np.testing.assert_array_equal(small.mask, item.mask[2:6, :4])
        np.testing.assert_array_equal(small.labels, labels[2:6, :4, item.z])
    (full,) = load(case._replace(mask=None))[:1]
    assert full.z == 0
    assert full.mask.all()
    unlabelled = load(case._replace(labels=None), size=(4, 4))
    assert [item.labels for item in unlabelled] == [None, None]
    assert unlabelled[0].image.shape == (2, 4, 4)


def test_the_pages_of_a_tiff_are_slices_and_smooth_edges_of_a_mask_need_a_word(tmp_path: Path) -> None:
    """A file holds one channel: there is nothing to ask."""
    volume, mask = RNG.integers(0, 200, (3, 6, 8)).astype(np.uint8), np.zeros((3, 6, 8), np.uint8)
    mask[1:, 2:4, 3:6] = 255
    for name, array in {"volume": volume, "mask": mask, "smooth": mask // (1 + volume // 100)}.items():
        tifffile.imwrite(tmp_path / f"{name}.tif", array, photometric="minisblack", metadata=None)
    (case,) = find(table(tmp_path, "case,T1,mask", "first,volume.tif,mask.tif"))
    with warnings.catch_warnings(action="error"):
        items = load(case)
    assert [item.z for item in items] == [1, 2]
    for item in items:
        np.testing.assert_array_equal(item.image[0], volume[item.z].T)
        np.testing.assert_array_equal(item.mask, mask[item.z].T > 0)
    with pytest.warns(UserWarning, match=r"the mask .*smooth\.tif holds 3 values, as smooth edges do"):
        load(case._replace(mask=tmp_path / "smooth.tif"))


def test_what_is_not_finite_outside_the_mask_is_0(tmp_path: Path) -> None:
    case = listed(tmp_path)
    array = array_of(tmp_path / "good_b.nii")
    array[0, 0] = np.nan
    array[0, 1] = np.inf
    save(tmp_path / "good_b.nii", array)
    for item in load(case):
        assert np.isfinite(item.image).all()
        assert item.image[1, 0, :2].tolist() == [0, 0]
        np.testing.assert_array_equal(item.image[1, 1:], array[1:, :, item.z])


@pytest.mark.parametrize("flat", [False, True])
def test_maps_are_assembled_at_their_places(flat: bool, tmp_path: Path) -> None:
    if flat:
        np.save(tmp_path / "a.npy", RNG.random((9, 7)))
        mask = np.zeros((9, 7), int)
        mask[3:6, 2:6] = 1
        np.save(tmp_path / "m.npy", mask)
        case = CaseFiles(
            name="flat", channels={"T1": tmp_path / "a.npy"}, mask=tmp_path / "m.npy", labels=None, patient="flat"
        )
    else:
        case = listed(tmp_path)
        mask = array_of(tmp_path / "good_mask.nii") > 0
    items = load(case, size=(10, 4))
    assert [item.z for item in items] == ([None] if flat else [1, 2])
    whole = assembled(items, [np.stack([item.mask * (k + 2), item.mask * 9]) for k, item in enumerate(items)])
    numbers = np.ones(1, int) * 2 if flat else np.array([0, 2, 3])
    np.testing.assert_array_equal(whole[0], mask * numbers)
    np.testing.assert_array_equal(whole[1], mask * 9)
    path = images.write_labels(tmp_path / "out", whole[0], items[0].like)
    np.testing.assert_array_equal(images.read_labels(path, items[0].like), whole[0])


# What is wrong with them


def damaged(folder: Path) -> tuple[list[CaseFiles], dict[str, str]]:
    """Two good cases round all kinds of bad ones, and what must be said of these."""
    cases = {name: listed(folder, name=name) for name in (
        "first", "missing", "absent", "shifted", "several", "empty", "lost", "nan_mask", "text", "cut", "labels",
        "fraction", "last",
    )}  # fmt: skip
    cases["missing"] = cases["missing"]._replace(faults=("no T2 file",))
    (folder / "absent_a.nii").unlink()
    ones = np.ones((8, 6, 3), np.float32)
    save(folder / "shifted_b.nii", ones, origin=(90, 0, 0))
    save(folder / "several_b.nii", ones, origin=(90, 0, 0))
    save(folder / "several_mask.nii", ones, spacing=(3, 3, 3))
    save(folder / "several_labels.nii", np.ones((8, 6, 4)))
    save(folder / "empty_mask.nii", 0 * ones)
    for path in (folder / "lost_a.nii", folder / "nan_mask_mask.nii"):
        array = array_of(path)
        array[3, 2] = np.nan
        save(path, array)
    (folder / "text_a.nii").write_text("not an image", encoding="utf-8")
    (folder / "cut_a.nii").write_bytes((folder / "cut_b.nii").read_bytes()[:-200])
    save(folder / "labels_labels.nii", 5 * ones)
    save(folder / "fraction_labels.nii", 0.5 * ones)
    return list(cases.values()), {
        "missing": "^no T2 file$",
        "absent": r"^no such file: .*absent_a\.nii$",
        "shifted": r"^[^;]*shifted_b\.nii does not match [^;]*shifted_a\.nii: origin 90, 0, 0 against [^;]*$",
        "several": r"several_b\.nii does not match .*: origin .*; .*several_labels\.nii does not match .*: size "
        r".*several_mask\.nii does not match .*: spacing [^;]*$",
        "empty": "^the mask is empty$",
        "lost": r"^T1 holds NaN or infinity in the mask of lost/slice_01 \(and 1 more\)$",
        "nan_mask": r"^[^;]*nan_mask_mask\.nii holds nan; labels must be whole numbers$",
        "text": r"^cannot read [^;]*text_a\.nii: [^;]*$",
        "cut": r"^cannot read [^;]*cut_a\.nii: the file is cut short or damaged$",
        "labels": r"^[^;]*labels_labels\.nii holds the label 5; there are 4 classes$",
        "fraction": r"^[^;]*fraction_labels\.nii holds 0\.5; labels must be whole numbers$",
    }


def test_check_lists_all_that_is_wrong_at_once(tmp_path: Path) -> None:
    cases, expected = damaged(tmp_path)
    with pytest.raises(ValueError, match=r"^11 of 13 cases cannot be used: ") as raised:
        load_all(cases, n_classes=4)
    text = str(raised.value)
    head, *parts = text.split(": ", 1)[1].split("; ")
    assert [part.split(":")[0] for part in [head, *parts[:-1]]] == list(expected)
    assert parts[-1] == "leave them out with --skip-bad"
    assert "\n" not in text


def test_skip_bad_leaves_the_bad_ones_out_and_says_why(tmp_path: Path) -> None:
    cases, expected = damaged(tmp_path)
    good, bad = load_all(cases, skip_bad=True, n_classes=4)
    assert [items[0].case.name for items in good] == ["first", "last"]
    assert list(bad) == list(expected)
    for name, pattern in expected.items():
        assert re.search(pattern, bad[name]), bad[name]
    any_label, _ = load_all(cases, skip_bad=True)
    assert [items[0].case.name for items in any_label] == ["first", "labels", "last"]
    with pytest.raises(ValueError, match=r"^11 of 11 cases cannot be used: .*(?<!--skip-bad)$"):
        load_all([case for case in cases if case.name in bad], skip_bad=True, n_classes=4)


def test_check_of_good_cases_and_of_none(tmp_path: Path) -> None:
    cases = [listed(tmp_path, name=name) for name in "ab"]
    good, bad = load_all(cases)
    assert [items[0].case for items in good] == cases
    assert bad == {}
    with pytest.raises(ValueError, match="there are no cases"):
        load_all([], skip_bad=True)


def test_masks_too_large_for_the_crop_are_said_once_a_case(tmp_path: Path) -> None:
    case = listed(tmp_path, n_slices=5)
    with pytest.raises(ValueError, match=r"^the mask spans up to 4×3 pixels, too many for a crop of 3×3$"):
        load(case, size=(3, 3))
    with pytest.raises(ValueError, match="1 of 1 cases cannot be used: good: the mask spans"):
        load_all([case], size=(3, 3))


def test_a_bad_file_of_two_uses_is_named_once(tmp_path: Path) -> None:
    case = listed(tmp_path)
    with pytest.raises(ValueError, match=r"^no such file: [^;]*$"):
        load(case._replace(mask=tmp_path / "gone.nii", labels=tmp_path / "gone.nii"))


def test_labels_of_a_table_and_of_a_layout_are_within_the_classes(tmp_path: Path) -> None:
    case = listed(tmp_path)
    save(tmp_path / "good_labels.nii", np.full((8, 6, 3), -1, np.int16))
    with pytest.raises(ValueError, match=r"holds the label -1; labels are 0, 1, 2, …"):
        load(case)
    patient(101, tmp_path)
    assert len(load(*find(tmp_path), n_classes=4)) == 1
    with pytest.raises(ValueError, match="holds the label 4; there are 3 classes"):
        load(*find(tmp_path), n_classes=3)


def test_a_file_of_a_table_holds_one_channel(tmp_path: Path) -> None:
    case = listed(tmp_path)
    save(tmp_path / "good_b.nii", RNG.random((2, 8, 6, 3)).astype(np.float32), channels=True)
    with pytest.raises(ValueError, match=r"^3 channels in 2 files; every file must hold one$"):
        load(case)


# Phantoms as a data set


def test_a_drawn_case_depends_on_all_its_arguments_alone() -> None:
    def labels(*arguments) -> bytes:
        return b"".join(each.image.tobytes() for each in drawn.draw(*arguments))

    assert labels(101, 48) == labels(101, 48)
    different = [labels(101, 48), labels(102, 48), labels(101, 50), labels(101, 48, 0.5), labels(101, 48, 1.0, 1)]
    assert len(set(different)) == len(different)
    cases = [drawn.draw(number, 48) for number in range(101, 113)]
    assert {len(slices) for slices in cases} == {2, 3, 4}
    first, second = cases[0][:2]
    assert (first.labels != second.labels).any()


def test_phantoms_are_a_data_set(tmp_path: Path, run) -> None:
    code, out, err = run("phantoms", tmp_path / "new" / "set", "-n", 3, "--size", 48, "--seed", 7)
    assert (code, err) == (0, "")
    assert out == f"3 cases in {tmp_path / 'new' / 'set'}, in the layout of MyoPS 2020\n"
    folder = tmp_path / "new" / "set"
    names = [f"myops_training_{n}_{k}.nii.gz" for n in (101, 102, 103) for k in ("C0", "DE", "T2", "gd")]
    assert sorted(path.name for path in folder.iterdir()) == [*names, "report.json"]
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    files = [*names, "report.json"]
    assert report == {"cases": 3, "size": 48, "slices": None, "noise": 1.0, "seed": 7, "files": files}
    cases = find(folder)
    good, bad = load_all(cases, n_classes=4)
    assert [items[0].case.name for items in good] == ["101", "102", "103"]
    assert bad == {}
    for case in cases:
        slices = drawn.draw(int(case.name), 48, seed=7)
        for item, phantom in zip(load(case, size=(48, 48)), slices, strict=True):
            np.testing.assert_array_equal(item.image, np.rint(phantom.image).swapaxes(1, 2))
            np.testing.assert_array_equal(item.labels, phantom.labels.T)
            np.testing.assert_array_equal(item.mask, phantom.mask.T)
            assert item.like.view == "y-down"  # anterior up, as in the phantom
    codes = images.read_labels(folder / names[3], images.read_image([folder / names[0]]))
    assert set(np.unique(codes)) == {0, 200, 500, 1220, 2221}


def test_phantoms_can_be_volumes_of_one_ventricle(tmp_path: Path, run) -> None:
    code, _, err = run("phantoms", tmp_path, "-n", 2, "--size", 48, "--slices", 6, "--seed", 7)
    assert (code, err) == (0, "")
    for case in find(tmp_path):
        (item,) = load(case, dimension=3)
        assert item.like.spacing == pytest.approx((160 / 48, 160 / 48, 16))  # 96 mm from base to apex
        slices = drawn.draw(int(case.name), 48, seed=7, n_slices=6)
        np.testing.assert_array_equal(item.labels, np.stack([each.labels.T for each in slices], axis=-1))
        np.testing.assert_array_equal(item.image[0, ..., 2], np.rint(slices[2].image[0].T))
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["slices"] == 6
    code, _, err = run("phantoms", tmp_path / "new", "--slices", 3)
    assert (code, err) == (2, "deepmix: --slices must be at least 4, got 3\n")


def test_phantoms_are_those_of_the_seed(tmp_path: Path, run) -> None:
    for name, count, seed in (("a", 2, 1), ("b", 3, 1), ("c", 2, 2)):
        assert run("phantoms", tmp_path / name, "-n", count, "--size", 48, "--seed", seed)[0] == 0
    for path in (tmp_path / "a").glob("*.nii.gz"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()  # however many there are
        assert path.read_bytes() != (tmp_path / "c" / path.name).read_bytes()


def test_bright_pixels_are_clipped_not_wrapped(tmp_path: Path) -> None:
    slices = drawn.draw(101, 48, noise=1000)
    assert max(each.image.max() for each in slices) > 65535
    drawn.write(tmp_path, 101, slices)
    found = images.read_image([tmp_path / "myops_training_101_DE.nii.gz"]).channels[0, ..., 0]
    np.testing.assert_array_equal(found, np.rint(slices[0].image[1].T).clip(max=65535))


def test_phantoms_replace_others_when_told_to(tmp_path: Path, run) -> None:
    folder = tmp_path / "set"
    assert run("phantoms", folder, "-n", 2, "--size", 48)[0] == 0
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, out, err = run("phantoms", folder, "-n", 1, "--size", 48, "--seed", 1)
    assert (code, out) == (2, "")
    assert err == f"deepmix: {folder} is not empty; name another folder, or add --overwrite\n"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert run("phantoms", folder, "-n", 1, "--size", 48, "--seed", 1, "--overwrite")[0] == 0
    assert [case.name for case in find(folder)] == ["101"]  # the second is gone
    changed = folder / "myops_training_101_C0.nii.gz"
    assert changed.read_bytes() != before[changed.name]


@pytest.mark.parametrize(
    "arguments", ["-n 0", "-n -3", "--size 47", "--noise -1", "--noise nan", "--noise inf", "--seed -1"]
)
def test_phantoms_that_cannot_be(arguments: str, tmp_path: Path, run) -> None:
    code, out, err = run("phantoms", tmp_path / "new" / "set", *arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith(
        "deepmix: -n must be at least 1, --size at least 48, --noise and --seed not negative; got"
    )
    assert arguments.split()[1] in err.split("got")[1]
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "expected", "answer"),
    [("--help", 0, "--noise"), ("out -n 0", 2, "deepmix: -n must be"), ("file", 2, "deepmix: file is a file")],
)
def test_help_and_mistakes_import_nothing_heavy(
    arguments: str, expected: int, answer: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    code, imported, printed = call(tmp_path, "phantoms", *arguments.split())
    assert answer in printed
    assert (code, imported) == (expected, [])

"""Volumes as items: whole, of three axes and of about one spacing; what is said of others."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from deepmix.datasets import CaseFiles, LoadedCase, assembled, cropped, load, load_all, usual, volumes
from deepmix.datasets.cases import Layout
from deepmix.files import images
from tests.app.files.test_images import save

SHAPE = (8, 6, 5)


def case(folder: Path, name: str = "a", spacing: tuple[float, ...] = (1, 1, 3), **layout) -> CaseFiles:
    """A case of two channels whose mask leaves a rim out."""
    rng, mask = np.random.default_rng(len(name)), np.zeros(SHAPE, np.float32)
    mask[2:6, 1:5, 1:4] = 1
    arrays = {"T1": rng.random(SHAPE), "T2": rng.random(SHAPE), "mask": mask}
    arrays["labels"] = mask * rng.integers(1, 4, SHAPE)
    files = {
        kind: save(folder / f"{name}_{kind}.nii", array.astype(np.float32), spacing=spacing)
        for kind, array in arrays.items()
    }
    return CaseFiles(
        name=name,
        channels={"T1": files["T1"], "T2": files["T2"]},
        mask=files["mask"],
        labels=files["labels"],
        patient=name,
        layout=Layout(**layout),
    )


def test_a_volume_is_one_item_and_goes_back_to_its_place(tmp_path: Path) -> None:
    files = case(tmp_path, size=(4, 4))  # of the layout's slices
    (item,) = load(files, dimension=3)
    image = images.read_image(list(files.channels.values()))
    np.testing.assert_array_equal(item.image, image.channels)
    np.testing.assert_array_equal(item.mask, images.read_mask(files.mask, image))
    np.testing.assert_array_equal(item.labels, images.read_labels(files.labels, image))
    assert (item.name, item.z, item.like.spacing) == ("a", None, pytest.approx((1, 1, 3)))
    small = cropped(item, (4, 6, 8))
    assert small.image.shape == (2, 4, 6, 8)
    np.testing.assert_array_equal(small.mask.sum(axis=(0, 1)), [0, 0, 0, 16, 16, 16, 0, 0])
    assert small.crop.start == (2, 0, -2)
    back = assembled([small], [small.image])
    np.testing.assert_array_equal(back[:, item.mask], item.image[:, item.mask])
    assert back.shape == item.image.shape
    assert not back[:, :2].any()


def test_a_volume_need_not_hold_all_tissues_in_a_slice_but_somewhere(tmp_path: Path) -> None:
    files = case(tmp_path, codes=(("one", 1), ("two", 2), ("three", 3)))
    truth = np.zeros(SHAPE)
    truth[3, 3, 1:4] = 1, 2, 3
    save(files.labels, truth.astype(np.float32), spacing=(1, 1, 3))
    with pytest.raises(ValueError, match="no slice holds all of one, two, three"):
        load(files)
    (item,) = load(files, dimension=3)
    assert sorted(item.labels[item.labels > 0]) == [1, 2, 3]
    save(files.labels, np.where(truth == 2, 0, truth).astype(np.float32), spacing=(1, 1, 3))
    with pytest.raises(ValueError, match="no volume holds all of one, two, three"):
        load(files, dimension=3)


def test_what_has_two_axes_is_no_volume(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.ones((4, 4)))
    tifffile.imwrite(tmp_path / "flat.tif", np.ones((4, 4), np.uint8), photometric="minisblack")
    for name in ("flat.npy", "flat.tif"):
        flat = CaseFiles(name="a", channels={"T1": tmp_path / name}, mask=None, labels=None, patient="a")
        with pytest.raises(
            ValueError, match=rf"^[^;]*{name} has two axes, but a network of dimension 3 is for vo"
        ):
            load(flat, dimension=3)


def test_volumes_of_another_spacing_are_named(tmp_path: Path) -> None:
    spacings = {"a": (1, 1, 3), "b": (1.05, 1.05, 3.1), "c": (1, 1, 1.5), "d": (2, 2, 3), "e": (1, 1, 3)}
    cases = [case(tmp_path, name, spacing) for name, spacing in spacings.items()]
    with pytest.raises(ValueError, match=r"^2 of 5 cases cannot be used: ") as raised:
        load_all(cases, dimension=3)
    text = str(raised.value)
    assert "c_T1.nii has pixels of 1×1×1.5, not of about 1×1×3" in text
    assert "d_T1.nii has pixels of 2×2×3, not of about 1×1×3" in text
    good, bad = load_all(cases, skip_bad=True, dimension=3)
    assert [items[0].case.name for items in good] == ["a", "b", "e"]
    assert list(bad) == ["c", "d"]
    assert usual(good) == pytest.approx((1, 1, 3))
    good, bad = load_all(cases, skip_bad=True, dimension=3, spacing=(2, 2, 3))  # that of a run
    assert [items[0].case.name for items in good] == ["d"]
    with pytest.raises(ValueError, match=r"a_T1\.nii has pixels of 1×1×3, not of about 2×2×3"):
        load(cases[0], dimension=3, spacing=(2, 2, 3))
    slices, _ = load_all(cases)  # which are taken as they are
    assert len(slices) == 5


def test_the_usual_spacing_is_that_of_a_volume(tmp_path: Path) -> None:
    cases = [case(tmp_path, name, spacing) for name, spacing in (("a", (2, 2, 2)), ("b", (1, 1, 1)))]
    loaded: list[list[LoadedCase]] = [load(each, dimension=3) for each in cases]
    assert usual(loaded) == pytest.approx((1, 1, 1))
    assert list(volumes.odd(loaded)) == ["a"]


def test_alike_spacings() -> None:
    assert volumes.alike((1, 1, 3), (1.05, 0.95, 3.2))
    assert not volumes.alike((1, 1, 3), (1, 1, 3.4))
    assert not volumes.alike((3, 1, 1), (1, 1, 3))

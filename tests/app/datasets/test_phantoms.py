"""The left ventricle: its anatomy, its intensities, its seeds, and how hard it is."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion, label

from deepmix.datasets.phantoms import CHANNELS, DEVIATIONS, MEANS, TISSUES, left_ventricle, ventricle_slices
from deepmix.reference.evaluation import overlap
from deepmix.reference.mixtures import gmm, initialization

BLOOD, MYOCARDIUM, OEDEMA, SCAR = 1, 2, 3, 4


@pytest.mark.parametrize("size", [48, 64, 100, 160, 256])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_anatomy_at_every_size(size: int, seed: int) -> None:
    image, labels, mask = left_ventricle(size, seed=seed)
    assert image.shape == (len(CHANNELS), size, size)
    assert image.dtype == np.float64
    assert (image >= 0).all()
    np.testing.assert_array_equal(mask, labels > 0)
    counts = np.bincount(labels.ravel())
    assert len(counts) == len(TISSUES) + 1
    assert (counts[1:] > 0.003 * size**2).all()
    assert 0.12 < mask.mean() < 0.24
    assert counts[SCAR] < counts[OEDEMA] < counts[MYOCARDIUM]
    blood, scar = labels == BLOOD, labels == SCAR
    assert label(mask)[1] == label(blood)[1] == 1
    assert not (binary_dilation(blood) & (labels == 0)).any()  # the wall encloses the blood
    assert not (binary_dilation(scar) & (labels == 0)).any()  # the scar does not reach outside
    assert (binary_dilation(blood) & scar).sum() > 0.03 * size  # it lies at the cavity
    around = binary_dilation(scar) & ~scar & ~blood
    assert (labels[around] == OEDEMA).mean() > 0.9  # and in the oedema otherwise


def test_the_anatomy_depends_on_the_seed_alone() -> None:
    labels = left_ventricle(160).labels
    np.testing.assert_array_equal(left_ventricle(160, noise=0.3).labels, labels)
    coarse = left_ventricle(80).labels
    assert (labels[::2, ::2] == coarse).mean() > 0.97


def test_seeds() -> None:
    first, again, other = left_ventricle(seed=5), left_ventricle(seed=5), left_ventricle(seed=6)
    for ours, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(ours, same)
        assert (ours != different).any()
    assert (first.labels != other.labels).sum() > 300


@pytest.mark.parametrize("seed", [0, 1])
def test_without_noise_the_means_are_those_of_the_table(seed: int) -> None:
    image, labels, _ = left_ventricle(256, noise=0, seed=seed)
    for tissue in range(len(TISSUES)):
        inside = binary_erosion(labels == tissue + 1, iterations=3)  # away from what is blurred
        np.testing.assert_allclose(image[:, inside].mean(axis=1), MEANS[tissue], rtol=0.15)
        assert (image[:, inside].std(axis=1) < 0.15 * MEANS[tissue]).all()
    inside = binary_erosion(labels == BLOOD, iterations=8)  # where blur reaches nothing else: the bias field alone
    field = image / MEANS[BLOOD - 1][:, None, None]
    assert (field[:, inside].std(axis=1) > 0.003).all()
    assert (np.abs(np.diff(field, axis=1))[:, inside[1:]] < 0.01).all()
    assert len(np.unique(field[:, inside].std(axis=1).round(6))) == len(CHANNELS)  # one a channel


def test_at_noise_one_the_deviations_are_those_of_the_table() -> None:
    phantoms = [left_ventricle(256, seed=seed) for seed in range(4)]
    for tissue in range(len(TISSUES)):
        spreads = [
            image[:, binary_erosion(labels == tissue + 1, iterations=3)].std(axis=1)
            for image, labels, _ in phantoms
        ]
        # Not the dark blood of T2: a magnitude cannot fall below 0, which folds half of the noise over.
        usual = MEANS[tissue] > 2 * DEVIATIONS[tissue]
        np.testing.assert_allclose(np.mean(spreads, axis=0)[usual], DEVIATIONS[tissue][usual], rtol=0.3)


@pytest.mark.parametrize(("size", "noise"), [(47, 1.0), (160, -0.1)])
def test_what_cannot_be_made(size: int, noise: float) -> None:
    with pytest.raises(ValueError, match=f"got {size} and {noise}"):
        left_ventricle(size, noise)


def mean_dice(noise: float, seed: int) -> float:
    """Of the best of three GMMs by NLL."""
    image, labels, mask = left_ventricle(noise=noise, seed=seed)
    pixels = image[:, mask]
    fits = [gmm.fit(pixels, initialization.kmeans(pixels, 4, seed=start)) for start in range(3)]
    found = np.zeros(labels.shape, int)
    found[mask] = min(fits, key=lambda fit: fit.value).labels + 1
    matched = np.append(0, overlap.match_classes(found, labels, 4, 4))[found]
    return float(np.mean([overlap.dice(matched == tissue, labels == tissue) for tissue in (1, 2, 3, 4)]))


def test_a_mixture_finds_the_tissues_but_for_the_noise() -> None:
    usual, less, more = ([mean_dice(noise, seed) for seed in (0, 3)] for noise in (1.0, 0.6, 2.0))
    assert 0.6 < np.mean(usual) < 0.9
    assert np.mean(less) > np.mean(usual) + 0.03
    assert np.mean(usual) > np.mean(more) + 0.1


def test_the_slices_of_a_ventricle_belong_together() -> None:
    slices = ventricle_slices(64, 12, seed=3)
    labels = np.stack([each.labels for each in slices], axis=-1)
    image = np.stack([each.image for each in slices], axis=-1)
    assert image.shape == (len(CHANNELS), 64, 64, 12)
    for each in slices:
        np.testing.assert_array_equal(each.mask, each.labels > 0)
    areas = (labels > 0).sum(axis=(0, 1))
    assert (np.diff(areas) <= 0).all()  # from base to apex
    assert areas[-1] < areas[0] / 2
    assert label(labels > 0)[1] == 1
    for tissue in (BLOOD, OEDEMA, SCAR):
        assert label(labels == tissue)[1] <= 2
    neighbours = (labels[..., 1:] == labels[..., :-1]).mean()
    (first, *_, other) = (ventricle_slices(64, 12, seed=seed)[3].labels for seed in (3, 4))
    assert neighbours > 0.96 > (first == other).mean()
    assert not (labels[..., -1] == BLOOD).any()  # the cavity ends before the wall does
    again = ventricle_slices(64, 12, seed=3)
    assert all((one.image == same.image).all() for one, same in zip(slices, again, strict=True))
    for tissue in (BLOOD, MYOCARDIUM):
        inside = binary_erosion(labels == tissue)
        np.testing.assert_allclose(image[0, inside].mean(), MEANS[tissue - 1, 0], rtol=0.2)


def test_a_ventricle_has_at_least_four_slices() -> None:
    with pytest.raises(ValueError, match="at least 4 slices, got 3"):
        ventricle_slices(64, 3)

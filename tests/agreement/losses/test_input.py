"""Both backends: what losses refuse, and half precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from deepmix import accelerated, reference
from tests.problems.losses import LOSSES

ALL = pytest.mark.parametrize(("name", "options"), LOSSES)
BACKENDS = pytest.mark.parametrize("backend", [reference, accelerated], ids=["reference", "accelerated"])
K, H, W = 3, 6, 6


def problem(shape: tuple[int, int] = (H, W), seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = np.moveaxis(np.eye(K)[rng.integers(0, K, shape)], -1, 0)
    proportions = 0.02 + 0.94 * rng.dirichlet(np.ones(K), shape).transpose(2, 0, 1)
    return {"proportions": proportions, "truth": truth, "mask": np.ones(shape)}


def loss(backend, name, given, options):
    return getattr(backend.losses.segmentation, name)(*given.values(), **options)


@BACKENDS
@ALL
def test_labels_are_no_truth(backend, name, options):
    given = problem()
    labels = given["truth"].argmax(axis=0)
    with pytest.raises(
        ValueError, match=r"got \(3, 6, 6\) and \(6, 6\); labels \(H, W\) become a truth by labels =="
    ):
        loss(backend, name, given | {"truth": labels}, options)


def test_labels_become_one_as_the_message_says():
    given = problem()
    one_hot = given["truth"].argmax(axis=0) == np.arange(K)[:, None, None]
    np.testing.assert_array_equal(one_hot, given["truth"])
    for backend in (reference, accelerated):
        whole = loss(backend, "cross_entropy", given | {"truth": one_hot}, {})
        np.testing.assert_equal(whole, loss(backend, "cross_entropy", given, {}))


@BACKENDS
@ALL
def test_nothing_is_broadcast(backend, name, options):
    given = problem()
    for other in (
        {"truth": given["truth"][:1]},
        {"mask": np.ones(W)},
        {"mask": np.ones((K, H, W))},
        {each: array[..., None, None] for each, array in given.items()},
    ):
        with pytest.raises(ValueError, match="shape"):
            loss(backend, name, given | other, options)
    if options.get("class_weights") is not None:
        with pytest.raises(ValueError, match=r"class_weights must have the shape \(3,\), got \(1,\)"):
            loss(backend, name, given, options | {"class_weights": np.ones(1)})


@BACKENDS
@ALL
def test_a_volume_of_one_slice_is_the_slice(backend, name, options):
    given = problem()
    of_slice = loss(backend, name, given, options)
    of_volume = loss(backend, name, {each: array[..., None] for each, array in given.items()}, options)
    pairs = zip(of_slice, of_volume, strict=True) if backend is reference else [(of_slice, of_volume)]
    for expected, found in pairs:
        np.testing.assert_allclose(np.reshape(found, np.shape(expected)), expected, rtol=1e-12)


@BACKENDS
@ALL
@pytest.mark.parametrize("hidden", ["proportions", "truth", "mask"])
def test_a_masked_array_is_refused(backend, name, options, hidden):
    given = problem()
    masked = np.ma.masked_array(given[hidden], given[hidden] > 0.5)
    with pytest.raises(ValueError, match="masked array"):
        loss(backend, name, given | {hidden: masked}, options)


@ALL
@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_half_precision_does_not_overflow(name, options, dtype):
    """As many pixels as float16 cannot count, some of them sure: the value of float32, a finite gradient."""
    given = problem((300, 300))
    given["proportions"][:, :9] = np.roll(given["truth"], 1, axis=0)[:, :9]  # sure, and wrong
    half = [jnp.asarray(array, dtype) for array in given.values()]
    low = {each: jnp.asarray(v, dtype) if isinstance(v, np.ndarray) else v for each, v in options.items()}
    value, gradient = jax.value_and_grad(getattr(accelerated.losses.segmentation, name))(*half, **low)
    assert np.isfinite(np.asarray(gradient, float)).all()
    assert gradient.dtype == dtype
    exact = [np.asarray(array, float) for array in half]
    exact[0] = np.maximum(exact[0], float(jnp.finfo(dtype).tiny))  # which counts as the least proportion
    expected, _ = getattr(reference.losses.segmentation, name)(*exact, **options)
    assert value.dtype == jnp.float32
    assert float(value) == pytest.approx(expected, rel=1e-3)


@ALL
def test_nor_in_the_reference(name, options):
    given = [array.astype(np.float16) for array in problem((300, 300)).values()]
    value, gradient = getattr(reference.losses.segmentation, name)(*given, **options)
    exact = getattr(reference.losses.segmentation, name)(*(array.astype(float) for array in given), **options)
    assert value == pytest.approx(exact[0])
    np.testing.assert_allclose(gradient, exact[1])

"""The Python in the pages does what it says, with what a page takes for given made small."""

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from deepmix.reference.deep_mixtures.records import DeepModel, Optimization
from deepmix.reference.mixtures import initialization
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from tests.app.cli.test_cli import Command, run  # noqa: F401
from tests.app.segmentation.test_segmentation import blobs
from tests.docs.blocks import blocks, commands
from tests.docs.pages import DOCS, PAGES, ROOT
from tests.docs.test_port_example import remedied

IMAGE, TRUTH, MASK = blobs()
INSIDE = IMAGE[:, MASK]  # (M, N)
# The reference compiles nothing, which takes longer than three steps.
BRIEF = 'backend="reference", depth=1, filters=2, max_steps=3, min_steps=1'

# After three steps.
pytestmark = pytest.mark.filterwarnings("ignore:.*no pixel", "ignore:The step limit")


def executed(page: Path, given: dict[str, Any], smaller: dict[str, str] | None = None) -> dict[str, Any]:
    """The names that a page's blocks leave behind, run one after the other.

    given: names that the page does not define. smaller: texts of the page, and what stands for them here.
    """
    text = "\n".join(blocks(page, "python"))
    for long, short in (smaller or {}).items():
        assert long in text
        text = text.replace(long, short)
    names = {"__name__": page.stem} | given
    exec(compile(text, f"<{page.name}>", "exec"), names)
    return names


def test_readme():
    names = executed(ROOT / "README.md", {"image": IMAGE, "mask": MASK}, {"seed=0": f"seed=0, {BRIEF}"})
    assert ((names["result"].labels > 0) == MASK).all()


def test_python():
    given = {"image": IMAGE, "mask": MASK, "another": IMAGE, "its_mask": MASK}
    given |= {"X": INSIDE.T, "weights": np.ones(len(INSIDE.T))}
    smaller = {"seed=0": f"seed=0, {BRIEF}", 'kind="deepsvg"': f'kind="deepsvg", {BRIEF}'}
    names = executed(DOCS / "python.md", given, smaller)
    assert names["result"].probabilities.shape == (3, *MASK.shape)
    assert names["mixture"].means_.shape == (3, 2)
    assert ((names["network"].labels_ >= 0) == MASK).all()


def test_reconstruct():
    angles = np.linspace(0, np.pi, 9, endpoint=False)
    smaller = {"256, 256": "8, 12", "strength=0.01": "strength=0.01, max_iter=2"}
    given = {"angles": angles, "sinogram": np.ones((9, 16)), "blurred": np.eye(9), "kernel": np.ones((3, 3)) / 9}
    names = executed(DOCS / "reconstruct.md", given, smaller)
    assert names["found"].image.shape == (8, 12)
    assert names["sharp"].shape == (9, 9)


def test_evaluate():
    prediction = np.zeros((8, 8, 4), bool)
    prediction[2:6, 2:6, 1:3] = True
    names = executed(DOCS / "evaluate.md", {"prediction": prediction, "truth": np.roll(prediction, 1, axis=0)})
    assert names["dice"] == 0.75
    assert names["hd95"] == 0.5  # a pixel of the first axis
    assert 0 < names["assd"] < 0.5
    assert names["nsd"] == 1


def test_scale(folder):
    INSIDE.astype(np.float32).tofile(folder / "pixels")
    config = UNetConfig(depth=1, filters=2)
    start, network = initialization.kmeans(INSIDE, 3), unet_parameters(2, 3, config)
    given = {"pixels": INSIDE, "start": start, "image": IMAGE, "network": network}
    given |= {"batch": twice(INSIDE), "starts": jax.tree.map(twice, start), "weights": twice(np.ones(MASK.sum()))}
    given |= {"images": twice(IMAGE), "networks": [network, network], "masks": twice(MASK)}
    given |= {"model": DeepModel(unet=config), "brief": Optimization(max_steps=3, min_steps=1), "mask": MASK}
    smaller = {
        "shape=(3, 100_000_000)": f"shape={INSIDE.shape}",
        "networks, masks": "networks, masks, model=model, optimization=brief",
        "size=(64, 64), model=energy": "size=(8, 8), model=energy._replace(unet=model.unet), optimization=brief",
        "image, network, product": "image, network, model=model, optimization=brief, product",
    }
    names = executed(DOCS / "scale.md", given, smaller)
    assert len(names["fits"]) == 2
    assert names["fit"].labels.shape == MASK.shape


def twice(array: np.ndarray) -> np.ndarray:
    """A batch of two."""
    return np.stack([array, array])


def test_losses():
    rng = np.random.default_rng(0)
    truth = np.eye(3)[rng.integers(0, 3, (8, 8))].transpose(2, 0, 1)
    given = {"proportions": np.full((3, 8, 8), 1 / 3), "truth": truth, "mask": np.ones((8, 8))}
    assert 0 < executed(DOCS / "losses.md", given)["loss"] < np.inf


def test_oracle():
    names = executed(DOCS / "oracle.md", {"pixels": INSIDE})
    assert names["fit"].labels.shape == INSIDE.shape[1:]
    np.testing.assert_allclose(names["responsibilities"].sum(axis=0), 1)


def test_conformance(folder):
    (folder / "my_port.py").write_text(remedied(), encoding="utf-8")
    results = executed(DOCS / "conformance.md", {})["results"]
    assert {result.outcome for result in results} == {"pass", "missing"}


def test_port(folder, run):  # noqa: F811
    export = next(each for each in commands(DOCS / "port.md") if "--only" in each)
    code, _, err = run(*(each.replace("*.fit", "mixtures.gmm.fit") for each in export))
    assert code == 0, err
    results = executed(DOCS / "port.md", {})["results"]
    np.testing.assert_allclose(results["fit/mixture/means"].ravel(), [0, 9, 18], atol=0.5)
    assert results["fit/status"] == 1


def test_every_page_with_python_has_its_test():
    for page in PAGES:
        assert not blocks(page, "python") or f"test_{page.stem.lower()}" in globals(), page.name

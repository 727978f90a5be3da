"""What the benchmark of tomography runs."""

import numpy as np
import pytest

from benchmarks.harness.setting import Setting
from benchmarks.tomography import scans, total_variation


def test_projection_adjoint_and_images_are_timed(monkeypatch):
    pytest.importorskip("skimage")
    compared = {}

    def compare(task, calls, setting, **options):
        compared[task.partition(f", {scans._QUICK_SIZE}")[0]] = list(calls)
        return []

    monkeypatch.setattr(scans, "compare", compare)
    scans.run(Setting(quick=True))
    of_astra = ["projection", "adjoint", "projection, a fan"]
    of_skimage = ["projection, 63², 45 views in a circle", "filtered back-projection, 63², 45 views in a circle"]
    assert list(compared) == of_astra + of_skimage
    assert compared[of_skimage[1]] == ["accelerated", "scikit-image"]


def test_steps_with_total_variation_are_timed(monkeypatch):
    timed = []

    def compare_loops(task, loops, work, turns, setting):
        timed.extend((task, who, np.shape(loop(turns))) for who, loop in loops.items())
        return []

    monkeypatch.setattr(total_variation, "compare_loops", compare_loops)
    total_variation.run(Setting(quick=True))
    of = "primal–dual step, TV, 31², 9 views"
    assert timed[0] == (of, "accelerated", (31, 31))
    assert timed[-1] == (of, "A and A* alone", (31, 31))

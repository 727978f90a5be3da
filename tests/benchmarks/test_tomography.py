"""What the benchmark of tomography runs."""

import numpy as np
import pytest

from benchmarks.harness.setting import Setting
from benchmarks.tomography import scans, total_variation


def test_projection_adjoint_and_images_are_timed(monkeypatch):
    pytest.importorskip("skimage")
    compared = {}

    def compare(task, calls, setting, **options):
        compared[task.partition(",")[0]] = list(calls)
        return []

    monkeypatch.setattr(scans, "compare", compare)
    scans.run(Setting(quick=True))
    assert list(compared) == ["projection", "adjoint", "filtered back-projection"]
    assert compared["filtered back-projection"] == ["accelerated", "scikit-image"]


def test_steps_with_total_variation_are_timed(monkeypatch):
    timed = []

    def compare_loops(task, loops, work, turns, setting):
        timed.extend((task, who, np.shape(loop(turns))) for who, loop in loops.items())
        return []

    monkeypatch.setattr(total_variation, "compare_loops", compare_loops)
    total_variation.run(Setting(quick=True))
    assert timed[0] == ("primal–dual step, TV, 31², 9 views", "accelerated", (31, 31))

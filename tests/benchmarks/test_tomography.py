"""What the benchmark of tomography runs."""

import pytest

from benchmarks.harness.setting import Setting
from benchmarks.tomography import scans


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

"""Whole jobs: who does them, what is told of each."""

import json
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from benchmarks import jobs
from benchmarks.harness.setting import Setting
from benchmarks.jobs import images
from benchmarks.jobs.contestants import METHODS
from benchmarks.jobs.ways import WAYS
from deepmix.segmentation.methods import METHODS as OFFERED


def row(who: str, first: float, samples: list[float], **more) -> dict:
    found = {"peak": 3e6, "image": 1e6, "dice": 0.5, "stages": {}}
    return {"job": "gmm, 8×8, 1 channels", "who": who, "first": first, "samples": samples} | found | more


def test_every_job_is_of_a_method_that_there_is():
    assert set(METHODS) < set(OFFERED)
    assert {job.method for job in (*jobs.JOBS, *jobs.FULL, *jobs.QUICK)} <= set(METHODS)
    assert all(next(iter(contestants)) == "deepmix" for contestants in METHODS.values())


def test_the_image_shows_its_classes():
    image, truth = images.balls((40, 40), 2)
    assert image.dtype == np.float32
    assert set(np.unique(truth)) == {1, 2, 3}
    for k in (1, 2, 3):
        np.testing.assert_allclose(image[:, truth == k].mean(axis=1), [k, -k], atol=0.2)
        assert image[0, truth == k].std() == pytest.approx(images.NOISE, rel=0.2)


@pytest.mark.parametrize("way", WAYS)
def test_a_job_in_its_own_process_says_what_it_took(way):
    command = [sys.executable, "-m", "benchmarks.jobs.one", way, "gmm", "deepmix", "2", "1", "16", "16"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["samples"]) == 1
    assert found["first"] > found["samples"][0] > 0
    assert found["image"] == 2 * 16 * 16 * 4
    assert found["peak"] > 0
    assert 0 < found["dice"] <= 1
    assert sum(found["stages"].values()) == pytest.approx(found["samples"][0], rel=0.2)
    assert all(spent >= 0 for spent in found["stages"].values())
    assert (found["stages"]["reading"] > 0) == (found["stages"]["writing"] > 0) == (way == "NIfTI")


def test_ratios_are_of_later_calls_and_of_the_first_where_there_is_none_later():
    rows = [row("deepmix", 9.0, [2.0, 1.0, 3.0]), row("slow", 8.0, [])]
    console = Console(width=150)
    with console.capture() as shown:
        console.print(jobs.table(rows))
    lines = shown.get().splitlines()
    (own,) = (line for line in lines if "deepmix " in line and "9 s" in line)
    (slow,) = (line for line in lines if "slow" in line)
    assert "2 s" in own
    assert "1×" in own
    assert "4×" in slow
    assert "3 MB, 3.0×" in slow


def test_a_pattern_chooses_jobs_and_nothing_is_written(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(
        jobs, "_in_its_own_process", lambda job, who: asked.append((job.name, who)) or row("", 1, [])
    )
    monkeypatch.setattr(jobs.report, "keep", lambda *given: pytest.fail("written"))
    jobs.run(Setting(quick=True, only="fcm*"))
    assert {name for name, _ in asked} == {"fcm, 24×24, 2 channels"}
    assert "fcm, 24×24, 2 channels: deepmix …" in capsys.readouterr().err

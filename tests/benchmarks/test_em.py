"""What the benchmark of EM runs."""

from types import SimpleNamespace

from benchmarks.harness.setting import Setting
from benchmarks.mixtures import em
from deepmix import accelerated


def tasks(monkeypatch, backend) -> list[str]:
    """The tasks that it would time, without timing them."""
    monkeypatch.setattr(em, "compare_loops", lambda task, *_: [task])
    monkeypatch.setattr(Setting, "module", lambda _: backend)
    return em.run(Setting(quick=True))


def test_both_mixtures_are_timed(monkeypatch):
    found = tasks(monkeypatch, accelerated)
    assert [task.partition(" ")[0] for task in found] == ["GMM-EM", "GMM-EM", "SVGMM-EM"]


def test_a_port_may_lack_the_spatially_variant_one(monkeypatch):
    port = SimpleNamespace(mixtures=SimpleNamespace(gmm=accelerated.mixtures.gmm))
    assert len(tasks(monkeypatch, port)) == 2

"""Benchmarks of `tomography`."""

from ..harness.setting import Setting
from ..harness.timing import Row
from . import scans, total_variation


def run(setting: Setting) -> list[Row]:
    """Projections and their inverse, and the steps of a method."""
    return [*scans.run(setting), *total_variation.run(setting)]

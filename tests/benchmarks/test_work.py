"""What a unit of work needs at least, counted by hand; the limit and the share of it."""

import pytest

from benchmarks.harness.machine import Limits
from benchmarks.harness.timing import Row
from benchmarks.harness.work import Work, deep_step, em_iteration, fuzzy_round
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig


def test_em_reads_every_pixel_once():
    assert em_iteration(10, 3, 4, "float32").bytes == 10 * 3 * 4
    assert em_iteration(10, 3, 4, "float64", "full").bytes == 10 * 3 * 8
    assert em_iteration(10, 3, 4, "float32", per_pixel=True).bytes == 10 * (3 + 4 + 4) * 4


def test_em_operations_of_one_channel_and_class():
    """x² 1; a + bx + cx² 4; max, −, exp, +, · 5 and log 1; r, rx, rx² summed 1 + 2 + 2."""
    assert em_iteration(1, 1, 1, "float32").operations == 1 + 4 + 5 + 1 + 5
    assert em_iteration(1, 1, 1, "float32", "full") == em_iteration(1, 1, 1, "float32")


def test_em_operations_of_full_covariances():
    """Three channels have nine features, of which three are there."""
    assert em_iteration(5, 3, 2, "float32", "full").operations == 5 * (6 + 2 * (18 + 5 + 1 + 18) + 1)


def test_a_round_of_fuzzy_c_means():
    """One channel, one class: x − c, its square; log, ·, exp, +, /; u², w u²; two sums; J; the change."""
    assert fuzzy_round(7, 1, 1, "float32") == Work(bytes=7 * 4, operations=7 * (2 + 5 + 2 + 4 + 2 + 2))


def test_a_step_counts_every_convolution_three_times_at_its_size():
    """M = 1, K = 2, one pooling, two filters: 8×8 pixels above, 4×4 below."""
    parameters = unet_parameters(1, 2, UNetConfig(depth=1, filters=2))
    above = 9 * (1 * 2 + 2 * 2) + 9 * (4 * 2 + 2 * 2) + 2 * 2  # encoder, decoder, head
    below = 9 * (2 * 4 + 4 * 4) + 4 * 2  # bottom, up
    work = deep_step(parameters, 64, "float32")
    assert work.operations == 3 * 2 * (64 * above + 16 * below)
    biases_and_norms = (2 + 4) + (4 + 8) + 2 + (2 + 4) + 2
    assert work.bytes == 6 * 4 * (above + below + biases_and_norms)


def test_a_pooling_of_a_volume_leaves_an_eighth():
    parameters = unet_parameters(1, 2, UNetConfig(depth=1, filters=1, spacing=(1.0, 1.0, 1.0)))
    above = 27 * (1 * 1 + 1 * 1) + 27 * (2 * 1 + 1 * 1) + 1 * 2
    below = 27 * (1 * 2 + 2 * 2) + 2 * 1
    assert deep_step(parameters, 64, "float32").operations == 3 * 2 * (64 * above + 8 * below)


def test_work_repeats():
    assert Work(bytes=2, operations=3).times(4) == Work(bytes=8, operations=12)


@pytest.mark.parametrize(("size", "operations", "seconds"), [(600, 50, 6.0), (100, 1000, 10.0)])
def test_the_limit_is_the_slower_of_memory_and_arithmetic(size, operations, seconds):
    row = Row("task", "who", 1.0, [19.0, 20.0, 99.0], size, operations)
    limits = Limits(bandwidth=100.0, rate=100.0)
    assert limits.seconds(row) == seconds
    assert limits.share(row) == seconds / 20

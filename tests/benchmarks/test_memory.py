"""The file that is streamed, and the memory that is watched meanwhile."""

import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.harness.memory import watched
from benchmarks.mixtures import memory


def test_the_file_repeats_the_tile_channel_by_channel(tmp_path):
    tile = np.arange(6, dtype=np.float32).reshape(3, 2)
    memory.write_tiles(tmp_path / "pixels", tile, 8)
    found = np.memmap(tmp_path / "pixels", np.float32, "r", shape=(3, 8))
    np.testing.assert_array_equal(found, np.tile(tile, 4))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_arrays_count_and_pages_of_files_do_not(tmp_path):
    size = 100_000_000
    (tmp_path / "pixels").write_bytes(bytes(size))
    with watched() as sizes:
        assert np.memmap(tmp_path / "pixels", "u1", "r").sum() == 0
        time.sleep(0.05)
        of_file = max(sizes) - sizes[0]
        array = np.ones(size, "u1")
        time.sleep(0.05)
    assert of_file < size / 2
    assert size * 0.9 < max(sizes) - sizes[0] < size * 1.5
    assert array.size == size

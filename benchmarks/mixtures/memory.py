"""Pixels in a file that may be larger than memory: `mixtures.gmm.fit_stream` in a process of its own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from deepmix.reference.mixtures.records import Mixture

from ..harness import loops
from ..harness.problems import CHANNELS, CLASSES, Blobs, blobs
from ..harness.setting import Setting
from ..harness.timing import Row, check
from ..harness.work import em_iteration

_SIZES = (100_000, 1_000_000, 10_000_000, 100_000_000)
_QUICK_SIZES = (100_000, 1_000_000)


def run(setting: Setting) -> list[Row]:
    """Seconds of an iteration over the pixels of a file, and memory of the process without the file's pages."""
    tile = blobs(100_000, setting.dtype)
    return [_of_size(setting, tile, n) for n in (_QUICK_SIZES if setting.quick else _SIZES)]


def _of_size(setting: Setting, tile: Blobs, n: int) -> Row:
    """The row of n pixels. The file repeats a tile, so that the result must be that of the tile in memory."""
    task, turns = f"GMM-EM iteration, file of {n:,} pixels", loops.turns(n, setting)
    with tempfile.TemporaryDirectory(prefix="deepmix-") as folder:
        path = Path(folder, "pixels")
        write_tiles(path, tile.pixels, n)
        call = json.dumps([setting, str(path), n, [array.tolist() for array in tile.start], turns])
        command = [sys.executable, "-m", "benchmarks.mixtures.stream", call]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8")
    found = json.loads(done.stdout)
    in_memory = loops.of_gmm(setting.module(), tile)(2 * turns)
    streamed = Mixture._make(map(np.array, found["mixture"]))
    check(task, {"in memory": in_memory, setting.name: streamed}, setting.tolerance)
    work = em_iteration(n, CHANNELS, CLASSES, setting.dtype)
    note = f"{found['peak'] / 1e9:.2f} GB at most"
    return Row(task, setting.name, found["first"], found["samples"], *work, note, size=n)


def write_tiles(path: Path, tile: np.ndarray, n: int) -> None:
    """Write (M, n) numbers that repeat a tile, channel by channel."""
    with path.open("wb") as file:
        for channel in tile:
            for _ in range(n // len(channel)):
                file.write(channel.tobytes())

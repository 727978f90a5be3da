"""`python -m benchmarks.mixtures.stream CALL`: time `mixtures.gmm.fit_stream` on a file, watch the memory.

It is a process of its own, so that no other memory counts. Prints a JSON object, with the mixture after 2n turns.
"""

import json
import sys
from functools import partial

import numpy as np

from deepmix.reference.mixtures.records import Mixture

from ..harness import loops
from ..harness.memory import watched
from ..harness.problems import CHANNELS, Blobs, cast
from ..harness.setting import Setting
from ..harness.timing import SPAN, enough_turns, seconds_of, seconds_of_a_turn

LONG = 100_000_000  # pixels: an iteration takes seconds, and two samples are enough


def main(call: str) -> None:
    """CALL: JSON of the setting, the file, its number of pixels, the start and the number of turns n."""
    options, path, n, start, turns = json.loads(call)
    setting = Setting._make(options)
    setting.apply()
    pixels = np.memmap(path, setting.dtype, "r", shape=(CHANNELS, n))
    loop = loops.of_stream(setting.module(), Blobs(pixels, cast(Mixture._make(start), setting.dtype)))
    with watched() as peak:
        first = seconds_of(partial(loop, turns))
        mixture = loop(2 * turns)
        repeats, enough = (setting.repeats, enough_turns(loop, SPAN)) if n < LONG else (2, turns)
        samples = [seconds_of_a_turn(loop, enough) for _ in range(repeats)]
    arrays = [np.asarray(array).tolist() for array in mixture]
    print(json.dumps({"first": first, "samples": samples, "mixture": arrays, "peak": max(peak)}))


if __name__ == "__main__":
    main(sys.argv[1])

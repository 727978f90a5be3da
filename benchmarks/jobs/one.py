"""`python -m benchmarks.jobs.one WAY METHOD WHO CHANNELS REPEATS SIDE…`: a contestant does a job, alone.

Prints a JSON object: seconds of the first call and of later ones, seconds of their stages, bytes beyond the image,
Dice. Nothing that was compiled before is used.
"""

import cProfile
import json
import os
import pstats
import sys
import tempfile
import time
from pathlib import Path

os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"

from deepmix.reference.evaluation import overlap

from ..harness.memory import watched
from .images import N_CLASSES, balls
from .ways import WAYS

# The functions of each stage, by file and name; the time that is left is that of the fit.
STAGES = {
    "reading": {("images.py", "read_image"), ("extents.py", "of_image")},
    "standardising": {("preparation.py", "prepare")},
    "starts": {("starts.py", "starts"), ("sampling.py", "share")},
    "putting together": {("results.py", "assembled"), ("results.py", "part_of")},
    "writing": {("images.py", "write_labels"), ("figures.py", "overlay"), ("outputs.py", "write_report")},
}


def main(way: str, method: str, who: str, n_channels: int, repeats: int, shape: tuple[int, ...]) -> None:
    """Do the job and print the JSON object; see the module."""
    image, truth = balls(shape, n_channels)
    seconds, profile = [], cProfile.Profile()
    with tempfile.TemporaryDirectory() as folder:
        job = WAYS[way](method, who, image, Path(folder))
        with watched() as sizes:
            for turn in range(1 + repeats):
                began = time.perf_counter()
                done = profile.runcall(job.run) if turn and turn == repeats else job.run()
                seconds.append(time.perf_counter() - began)
        labels = job.labels(done)
    first, *samples = seconds
    matched = overlap.match_classes(labels, truth, N_CLASSES, N_CLASSES)
    table = overlap.dice_matrix(labels, truth, N_CLASSES, N_CLASSES)
    found = {
        "first": first,
        "samples": samples,
        "stages": _stages(profile) if samples and who == "deepmix" else {},
        "peak": max(sizes) - sizes[0],
        "image": image.nbytes,
        "dice": sum(table[k, code - 1] for k, code in enumerate(matched) if code) / N_CLASSES,
    }
    print(json.dumps(found))


def _stages(profile: cProfile.Profile) -> dict[str, float]:
    """Seconds of each stage in the last call."""
    profile.create_stats()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    places = {(os.path.basename(file), name): spent for (file, _, name), (*_, spent, _) in stats.items()}
    found = {stage: sum(places.get(place, 0.0) for place in of) for stage, of in STAGES.items()}
    whole = max(places.values(), default=0.0)
    return found | {"fit": whole - sum(found.values())}


if __name__ == "__main__":
    way, method, who, n_channels, repeats, *shape = sys.argv[1:]
    main(way, method, who, int(n_channels), int(repeats), tuple(map(int, shape)))

"""`python -m benchmarks.jobs.one METHOD WHO CHANNELS REPEATS SIDE…`: a contestant does a job, in its own process.

Prints a JSON object: seconds of the first call and of later ones, where those went, bytes beyond the image, Dice.
Nothing that was compiled before is used.
"""

import cProfile
import json
import os
import pstats
import sys
import time

os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"

from deepmix.reference.evaluation import overlap

from ..harness.memory import watched
from .contestants import METHODS
from .images import N_CLASSES, balls

# Where the time goes: the functions of a stage, by file and name; what is left is the fit.
STAGES = {
    "standardising": {("preparation.py", "prepare")},
    "starts": {("starts.py", "starts"), ("sampling.py", "share")},
    "putting together": {("results.py", "assembled"), ("results.py", "part_of")},
}


def main(method: str, who: str, n_channels: int, repeats: int, shape: tuple[int, ...]) -> None:
    """See above."""
    labels_of = METHODS[method][who].labels
    image, truth = balls(shape, n_channels)
    seconds, profile = [], cProfile.Profile()
    with watched() as sizes:
        for turn in range(1 + repeats):
            began = time.perf_counter()
            labels = profile.runcall(labels_of, image) if turn and turn == repeats else labels_of(image)
            seconds.append(time.perf_counter() - began)
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
    method, who, n_channels, repeats, *shape = sys.argv[1:]
    main(method, who, int(n_channels), int(repeats), tuple(map(int, shape)))

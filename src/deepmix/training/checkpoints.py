"""The state of a run on disk, by Orbax: written to a temporary name, then renamed; the last few are kept."""

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any, Self

import jax
import numpy as np
import orbax.checkpoint as ocp

from deepmix.accelerated.deep_mixtures.many_images import Course
from deepmix.reference.types import Status

KEPT = 3


class Checkpoints:
    """The checkpoints of a run, by the number of steps done. If processes share a run, all of them must call."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        options = ocp.CheckpointManagerOptions(max_to_keep=KEPT, cleanup_tmp_directories=True)
        self._manager = ocp.CheckpointManager(folder.absolute(), options=options)

    def save(self, step: int, course: Course) -> None:
        """Begin to write; the next `save`, and the end of the block, wait until it is done."""
        arrays = course.state, course.opening, course.kept
        place = {
            "history": course.history,
            "objective": course.objective,
            "sums": [np.asarray(each, float).tolist() for each in course.sums],
            "status": int(course.status),
            "degenerate": list(course.degenerate),
        }
        self._manager.save(
            step,
            args=ocp.args.Composite(
                arrays=ocp.args.StandardSave(arrays),
                place=ocp.args.JsonSave(place | {"digest": _digest(arrays, place)}),
            ),
            force=True,
        )

    def last(self, begun: Course) -> Course | None:
        """The course of the last undamaged checkpoint; None if there are no checkpoints.

        begun: a course of the same shapes and devices. Damaged checkpoints after it are removed, with a warning.
        Raises ValueError if all checkpoints are damaged; they are kept.
        """
        damaged: dict[int, Exception] = {}
        for step in sorted(self._manager.all_steps(), reverse=True):
            try:
                course = self._restored(step, begun)
            except Exception as error:  # a damaged file can raise anything
                damaged[step] = error
                continue
            for number, fault in damaged.items():
                trouble = f"the checkpoint of step {number} is damaged ({type(fault).__name__}: {fault})"
                warnings.warn(f"{trouble}; going on from that of step {step}", stacklevel=2)
                self._manager.delete(number)
            return course
        if damaged:
            listed = "; ".join(f"step {step}: {type(fault).__name__}: {fault}" for step, fault in damaged.items())
            raise ValueError(
                f"no checkpoint in {self._folder} can be read ({listed}); start again with --overwrite"
            )
        return None

    def _restored(self, step: int, begun: Course) -> Course:
        arrays = begun.state, begun.opening, begun.kept
        wanted = jax.tree.map(ocp.utils.to_shape_dtype_struct, arrays)
        found = self._manager.restore(
            step,
            args=ocp.args.Composite(arrays=ocp.args.StandardRestore(wanted), place=ocp.args.JsonRestore()),
        )
        place = dict(found.place)
        if place.pop("digest") != _digest(found.arrays, place):
            raise ValueError("its numbers have changed")
        sums: list[Any] = [np.array(each) for each in place["sums"]]
        state, opening, kept = found.arrays
        return Course(
            state=state,
            opening=opening,
            kept=kept,
            history=tuple(place["history"]),
            objective=tuple(place["objective"]),
            sums=tuple(sums),
            status=Status(place["status"]),
            degenerate=tuple(place["degenerate"]),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """Wait until all is written."""
        self._manager.close()


def _digest(arrays: Any, place: dict[str, Any]) -> str:
    """A digest of all that a checkpoint holds, because Orbax does not notice every byte that has changed."""
    digest = hashlib.sha256(json.dumps(place, sort_keys=True).encode())
    for leaf in jax.tree.leaves(arrays):
        digest.update(np.ascontiguousarray(leaf).tobytes())
    return digest.hexdigest()

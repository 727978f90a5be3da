"""The folder of a run: its settings, metrics and parameters; all that another machine needs to use it."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepmix import holding
from deepmix.conformance import flat
from deepmix.files import outputs
from deepmix.reference.deep_mixtures.records import DeepModel
from deepmix.reference.trees import tree_map
from deepmix.reference.types import Tree
from deepmix.settings import flat as flat_settings
from deepmix.settings import nested, settings_of

from .settings import TrainSettings

CONFIG, METRICS, CHECKPOINTS, PARAMETERS = "config.json", "metrics.jsonl", "checkpoints", "parameters.npz"
TABLE, CURVES = "curves.csv", "curves.png"


class Epoch(NamedTuple):
    """A line of the metrics.

    nll: mean over the images, each with θ from before the step of its batch. regularizer: the loss minus the NLL,
    supervision included. dice: of the watched images, by true class; None if no truth is known.
    """

    epoch: int
    learning_rate: float
    nll: float
    regularizer: float
    dice: dict[str, float] | None


class Run(NamedTuple):
    """A finished run, as `predict` needs it."""

    settings: TrainSettings
    record: dict[str, Any]
    parameters: Tree

    @property
    def spacing(self) -> tuple[float, ...] | None:
        """Of the volumes that the network was trained on, in mm; None: on slices."""
        return self.record["spacing"] and tuple(self.record["spacing"])

    @property
    def model(self) -> DeepModel:
        """What the network minimised, without regularisers."""
        return self.settings.model(self.settings.unet(self.spacing, tuple(self.record["size"]))).deep


def config(settings: TrainSettings, record: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a run as JSON holds it."""
    return outputs.plain({"settings": flat_settings(settings), "data": record, "versions": outputs.versions()})


@contextmanager
def claimed(folder: Path, inputs: Iterable[Path], overwrite: bool, resume: bool) -> Iterator[None]:
    """Hold the folder of a run. Raises ValueError, saying what to do, if a run can neither begin nor go on there.

    This is so while another process trains there: a job that is queued twice runs once.
    """
    outputs.check_folder(folder, True, inputs)
    with holding.held(folder):
        ours = (folder / CONFIG).exists()
        outputs.check_folder(folder, overwrite or resume if ours else None)
        if ours:
            read(folder)
        yield


def begin(folder: Path, wanted: dict[str, Any]) -> None:
    """Write the configuration, and remove all of an earlier run in the folder."""
    if (folder / CHECKPOINTS).exists():
        shutil.rmtree(folder / CHECKPOINTS)
    for name in (METRICS, PARAMETERS, TABLE, CURVES, outputs.REPORT):
        (folder / name).unlink(missing_ok=True)
    with outputs.new_results(folder, CONFIG) as temporary:
        outputs.write_report(temporary, wanted, CONFIG)


def check_same(folder: Path, begun: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise ValueError unless a run was begun with these settings and data.

    The class means are not compared, because another processor may round them differently.
    """
    for part in ("settings", "data"):
        before, now = (_comparable(each[part]) for each in (begun, wanted))
        if other := sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)):
            raise ValueError(
                f"the run in {folder} was begun with other {part} ({', '.join(other)}); resume it with its own, "
                "or name another folder"
            )


def _comparable(part: dict[str, Any]) -> dict[str, Any]:
    """Part of a configuration without the means, and without the faults of cases, which contain paths."""
    kept = {name: value for name, value in part.items() if name != "means"}
    if "cases" in kept:
        kept["cases"] = kept["cases"] | {"skipped": sorted(kept["cases"]["skipped"])}
    return kept


def keep_epochs(folder: Path, n_epochs: int) -> None:
    """Keep the first lines of the metrics: those before the checkpoint that a run is resumed from."""
    lines = [line for line in metrics(folder) if line.epoch < n_epochs]
    _replace(folder / METRICS, "".join(_line(each) for each in lines).encode())


def add_epoch(folder: Path, epoch: Epoch) -> None:
    """Append a line to the metrics."""
    with (folder / METRICS).open("a", encoding="utf-8") as file:
        file.write(_line(epoch))


def metrics(folder: Path) -> list[Epoch]:
    """The lines so far, without a last one that was cut off. Raises ValueError if others are damaged."""
    path = folder / METRICS
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
    try:
        return [Epoch(**json.loads(line)) for line in lines]
    except (ValueError, TypeError) as error:
        raise ValueError(f"cannot read {path}: {error}") from error


def save_parameters(path: Path, parameters: Tree) -> None:
    """Write θ as arrays by name, such as `encoder_0/conv_0/kernel`."""
    arrays, _ = flat.flatten(tree_map(np.asarray, parameters))
    named: dict[str, Any] = {**arrays}
    np.savez(path, **named)


def load(folder: Path) -> Run:
    """Read a finished run. Raises ValueError if the folder holds none, or a damaged one."""
    begun = read(folder)
    try:
        with np.load(folder / PARAMETERS) as file:
            parameters = flat.tree("", {f"/{name}": array for name, array in file.items()})
    except FileNotFoundError:
        raise ValueError(f"the run in {folder} has not ended; go on with deepmix train --resume") from None
    except Exception as error:  # a damaged archive can raise anything
        raise ValueError(f"cannot read {folder / PARAMETERS}: {error}") from error
    settings = begun["settings"]
    if settings["test"] is not None:
        settings["test"] = tuple(settings["test"])
    return Run(settings=nested(TrainSettings, **settings), record=begun["data"], parameters=parameters)


def read(folder: Path) -> dict[str, Any]:
    """The configuration of a run. Raises ValueError if there is none, or one of another version."""
    try:
        found = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{folder} holds no run of deepmix train: it has no {CONFIG}") from None
    except (ValueError, OSError) as error:
        raise ValueError(f"cannot read {folder / CONFIG}: {error}") from error
    names = set(settings_of(TrainSettings))
    if not isinstance(found, dict) or "data" not in found or set(found.get("settings", ())) != names:
        raise ValueError(f"{folder / CONFIG} is not of a run of this version of deepmix train")
    return found


def _line(epoch: Epoch) -> str:
    return json.dumps(outputs.plain(epoch._asdict())) + "\n"


def _replace(path: Path, content: bytes) -> None:
    with outputs.replaced(path) as temporary:
        temporary.write_bytes(content)

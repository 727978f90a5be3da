"""The results of an evaluation: plain data, a table of all cases, and their files."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import boxes, summary
from .measures import MEASURES, CaseScores

INDEX = "evaluation.json"


def class_names(cases: Sequence[CaseScores], given: Sequence[str] = ()) -> dict[int, str]:
    """The name of every class by its code: the given one, or that of the data, or the code itself.

    given: names in the order of the codes. Raises ValueError unless there are as many as classes, all different.
    """
    codes = sorted({code for case in cases for code in case.classes})
    if given and not len(given) == len(set(given)) == len(codes):
        listed = ", ".join(map(str, codes))
        raise ValueError(
            f"{len(codes)} classes ({listed}) need as many names, all different; got {', '.join(given)}"
        )
    known = {code: name for case in cases for code, name in case.names.items()}
    return dict(zip(codes, given or [known.get(code, str(code)) for code in codes], strict=True))


def check_classes(cases: Sequence[CaseScores], matched: bool) -> None:
    """Raise ValueError if no truth holds a class, or if predictions hold classes but none of the truth."""
    found = {code for case in cases for code, scores in case.classes.items() if not np.isnan(scores["precision"])}
    true = {code for case in cases for code, scores in case.classes.items() if not np.isnan(scores["sensitivity"])}
    first = cases[0].pair
    if not true:
        raise ValueError(
            f"{first.truth} holds no class{', nor does the truth of any other case' if len(cases) > 1 else ''}"
        )
    if found and not found & true and not matched:
        listed, wanted = (", ".join(map(str, sorted(codes))) for codes in (found, true))
        raise ValueError(
            f"the classes {listed} of {first.prediction} are none of {wanted} of {first.truth}; "
            "add --match to match them"
        )


def of_cases(cases: Sequence[CaseScores], names: Mapping[int, str], seed: int) -> dict[str, Any]:
    """Summaries by class and over the classes, and all scores of each case. Infinite numbers become "inf"."""
    classes = {names[code]: each for code, each in summary.by_class(cases, seed).items()}
    indices = {name: [case.labellings[name] for case in cases] for name in cases[0].labellings}
    report = {
        "classes": {name: _records(each) for name, each in classes.items()},
        "mean": _records(summary.over_classes(cases, seed)),
        "labellings": _records({name: summary.summary(values, seed) for name, values in indices.items()}),
        "cases": {
            case.pair.case: {
                "prediction": case.pair.prediction,
                "truth": case.pair.truth,
                "matched": case.matched,
                "classes": {names[code]: scores for code, scores in case.classes.items()},
                "labellings": case.labellings,
            }
            for case in cases
        },
    }
    return _with_words(report)


def _records(summaries: Mapping[str, summary.Summary]) -> dict[str, Any]:
    return {measure: each._asdict() for measure, each in summaries.items()}


def _with_words(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_words(each) for key, each in value.items()}
    return "inf" if isinstance(value, float) and np.isinf(value) else value


def write_files(folder: Path, cases: Sequence[CaseScores], names: Mapping[int, str]) -> None:
    """Write evaluation.csv, a row per case and class, and evaluation.png, a box per class."""
    with (folder / "evaluation.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "class", *MEASURES])
        for case in cases:
            for code, scores in case.classes.items():
                writer.writerow([case.pair.case, names[code], *(scores[measure] for measure in MEASURES)])
    boxes.draw(folder / "evaluation.png", cases, names)

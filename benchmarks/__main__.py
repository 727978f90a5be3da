"""`python -m benchmarks [em|families|deep|volumes|fcm|batch|scaling|memory|tomography|all]`: tables, and results/.

Experiments, run only if named: `training` (the paper's findings, on phantoms), `precision` (effect of the dtype on
a fit), `quality` (methods and peers on phantoms and real images), `parts` (the preset robust with one part
changed), `distributions` (of classes, on distorted images), `dimensions` (a volume slice by slice or as one),
`jobs` (whole jobs, from an image to labels, beside peers).
"""

import argparse
import sys

from rich.console import Console

from . import jobs, quality, tomography
from .deep_mixtures import deep, precision, training, volumes
from .harness import curves, machine, report
from .harness.setting import Setting
from .mixtures import batch, em, families, fcm, memory, scaling

BENCHMARKS = {
    "em": em.run,
    "families": families.run,
    "deep": deep.run,
    "volumes": volumes.run,
    "fcm": fcm.run,
    "batch": batch.run,
    "scaling": scaling.run,
    "memory": memory.run,
    "tomography": tomography.run,
}
SUBJECTS = {name: run.__module__.split(".")[1] for name, run in BENCHMARKS.items()}
EXPERIMENTS = {
    "training": training.run,
    "precision": precision.run,
    "quality": quality.run,
    "parts": quality.run_parts,
    "distributions": quality.run_distributions,
    "dimensions": quality.run_dimensions,
    "jobs": jobs.run,
}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks named, or all. With `--quick` they only show that they run, and write nothing."""
    names, setting = _parse(arguments)
    try:
        setting.apply()
    except ValueError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        sys.exit(2)
    if names[0] in EXPERIMENTS:
        EXPERIMENTS[names[0]](setting)
        return
    limits, console = machine.measure(setting), Console()
    for name in names:
        try:
            rows = BENCHMARKS[name](setting)
        except (AttributeError, TypeError) as error:
            if setting.backend == Setting().backend:
                raise
            console.print(f"{name} is left out, as it needs more of {setting.backend}: {error}", soft_wrap=True)
            continue
        console.print(report.table(name, rows, limits, setting))
        if not setting.quick:
            _write(name, rows, limits, setting)


def _parse(arguments: list[str] | None) -> tuple[list[str], Setting]:
    default = Setting()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    offered = "|".join([*BENCHMARKS, "all", *EXPERIMENTS])
    add = parser.add_argument
    add("names", nargs="*", metavar=offered, help="which benchmarks; all if none is named")
    add("--backend", default=default.backend, help="a module with the project's functions (%(default)s)")
    add("--device", default=default.device, help="as JAX names it: cpu, gpu, gpu:1 (its first)")
    add("--dtype", default=default.dtype, choices=("float32", "float64"), help="(%(default)s)")
    add("--quick", action="store_true", help="small sizes, nothing written")
    add("--paper", action="store_true", help="training: the published sizes")
    add("--data", help="of quality, parts, distributions, dimensions: a folder with brain/ and lesions/")
    add("--full", action="store_true", help="quality: more images of each kind; jobs: the largest images too")
    add(
        "--only",
        default=default.only,
        help="quality, parts, jobs: a pattern of methods, such as 'hmrf*'; then nothing is written",
    )
    chosen = vars(parser.parse_args(arguments))
    names = chosen.pop("names") or ["all"]
    if len(names) == 1 and names[0] in EXPERIMENTS:
        return names, Setting(**chosen)
    if unknown := set(names) - {*BENCHMARKS, "all"}:
        named = f"there is no benchmark {', '.join(sorted(unknown))}"
        parser.error(f"{named}; there are {', '.join(BENCHMARKS)}, and each alone {', '.join(EXPERIMENTS)}")
    return list(BENCHMARKS) if "all" in names else names, Setting(**chosen)


def _write(name: str, rows: list, limits: machine.Limits, setting: Setting) -> None:
    stem = report.stem(name, setting)
    figure = curves.draw(stem, rows, limits) if any(row.size for row in rows) else None
    report.keep(f"{SUBJECTS[name]}/{stem}", report.record(rows, limits, setting), setting, figure)


if __name__ == "__main__":
    main()

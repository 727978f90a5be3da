"""`python -m benchmarks [em|deep] [--quick]`: a table, and every sample as JSON in benchmarks/results/."""

import argparse
import json
import os
import platform
from pathlib import Path

import jax
from rich.console import Console
from rich.table import Table

from deepmix.outputs import versions

from . import deep, em

BENCHMARKS = {"em": em.run, "deep": deep.run}
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run the benchmarks named, or all; those of `--quick` only show that they run, and write nothing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="em|deep", help="which; all if none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes, nothing written")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    table = Table(
        "task", "who", "first call, s", "median, s", "ratio", title="all results match; ratio to accelerated"
    )
    for name in chosen.names or BENCHMARKS:
        rows = BENCHMARKS[name](chosen.quick)
        own = {row.task: row.median for row in rows if row.who == "accelerated"}
        for row in rows:
            ratio = f"{row.median / own[row.task]:.1f}"
            table.add_row(row.task, row.who, f"{row.first:.2g}", f"{row.median:.2g}", ratio)
        if not chosen.quick:
            RESULTS.mkdir(exist_ok=True)
            machine = {
                "processor": platform.machine(),
                "cores": os.cpu_count(),
                "device": jax.devices()[0].device_kind,
            }
            record = {"machine": machine, "versions": versions(), "rows": [row._asdict() for row in rows]}
            (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=1) + "\n")
    Console().print(table)


if __name__ == "__main__":
    main()

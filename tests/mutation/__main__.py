"""`python -m tests.mutation [OUT [FILE…]]`: would the kit notice a wrong operator or constant in a port?

Cosmic Ray mutates a copy of `reference`, file by file, and each mutant runs as a port on vectors of the reference.
OUT: folder that keeps the databases (mixtures.gaussian.sqlite, …), for `cr-html` and the like. FILE: some of the
files, as mixtures/gmm; else all of cosmic-ray.toml.
"""

import ast
import os
import shutil
import sys
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

from cosmic_ray.commands import execute, init
from cosmic_ray.config import load_config
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

from deepmix import reference
from deepmix.conformance import files, vectors
from deepmix.conformance.cases import cases

Place = tuple[int, int]  # line and column


def main(temporary: Path, out: Path, names: list[str]) -> None:
    """The vectors and the copy in `temporary`; then, file by file, a database in `out` and its report."""
    for case in cases("minimal", "float64"):
        module, _ = case.function.rsplit(".", 1)
        files.write(temporary / "vectors" / module, vectors.make(case, "minimal", "float64"))
    copy(Path(reference.__path__[0]), temporary / "subject")
    os.environ |= {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    config = load_config(Path(__file__).with_name("cosmic-ray.toml"))
    command = config.test_command
    with chdir(temporary):
        for path in map(Path, [f"subject/{name}.py" for name in names] or config["module-path"]):
            module = ".".join(path.with_suffix("").parts[1:])
            config["test-command"] = command.format(python=sys.executable, module=module)
            outcome, output = run_tests(config.test_command, config.timeout)
            if outcome != TestOutcome.SURVIVED:
                sys.exit(f"the copy fails without a mutation: {output}")
            with use_db(out / f"{module}.sqlite") as work:
                init([path], work, config.operators_config)
                leave_out(work, idle(path.read_text(encoding="utf-8")))
                execute(work, config)
                report(path, work)


def copy(source: Path, target: Path) -> None:
    """A copy of the reference, whose records are those of the reference itself: operators and penalties come from
    the vectors as such records, and what is done with them is looked up by their kinds."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in target.rglob("records.py"):
        module = ".".join(path.relative_to(target).with_suffix("").parts)
        path.write_text(f"from {reference.__name__}.{module} import *\n", encoding="utf-8")


def leave_out(work: WorkDB, where: Callable[[Place], bool]) -> None:
    """Leave out the mutants at some places."""
    jobs = [item.job_id for item in work.work_items if where(item.mutations[0].start_pos)]
    work.set_multiple_results(jobs, WorkResult(WorkerOutcome.SKIPPED, "computes nothing"))


def idle(source: str) -> Callable[[Place], bool]:
    """Whether what stands at a place computes nothing: annotations, and signatures but for their defaults."""
    nodes = list(ast.walk(ast.parse(source)))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    signatures = [(_span(function)[0], _span(function.body[0])[0]) for function in functions]
    annotations = [_span(node.annotation) for node in nodes if isinstance(node, ast.AnnAssign)]
    defaults = [_span(each) for f in functions for each in (*f.args.defaults, *f.args.kw_defaults) if each]
    return lambda place: _within(place, signatures + annotations) and not _within(place, defaults)


def _span(node: ast.stmt | ast.expr) -> tuple[Place, Place]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _within(place: Place, spans: list[tuple[Place, Place]]) -> bool:
    return any(start <= place < end for start, end in spans)


def report(path: Path, work: WorkDB) -> None:
    """Print how many mutants of a file were killed, and the others as diffs."""
    run = [(item.mutations[0], result) for item, result in work.completed_work_items if result.test_outcome]
    alive = sorted((mutation.start_pos, result.diff) for mutation, result in run if not result.is_killed)
    hung = sum(result.output == "timeout" for _, result in run)
    killed = len(run) - len(alive)
    print(f"{path}: {killed} of {len(run)} mutants killed, {killed / len(run):.1%} ({hung} hung);", end=" ")
    print(f"{work.num_work_items - len(run)} left out, which compute nothing")
    print(*(diff for _, diff in alive), sep="\n", flush=True)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        out = Path(*sys.argv[1:2] or [folder]).resolve()
        out.mkdir(parents=True, exist_ok=True)
        main(Path(folder), out, sys.argv[2:])

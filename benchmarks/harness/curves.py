"""The curves of a benchmark over the number of pixels."""

import io
from collections.abc import Sequence

from matplotlib.figure import Figure

from .machine import Limits
from .timing import Row


def draw(title: str, rows: Sequence[Row], limits: Limits) -> bytes:
    """A PNG: time per pixel and iteration over the number of pixels, and the machine's limit."""
    figure = Figure(figsize=(7, 4.5), dpi=120, layout="constrained")
    axes = figure.subplots()
    sized = [row for row in rows if row.size]
    for who in dict.fromkeys(row.who for row in sized):
        axes.loglog(*_line([(row.size, row.median) for row in sized if row.who == who]), marker="o", label=who)
    limit = {row.size: limits.seconds(row) for row in sized}
    axes.loglog(*_line(sorted(limit.items())), linestyle="--", color="grey", label="limit of the machine")
    axes.set(title=title, xlabel="pixels", ylabel="nanoseconds per pixel and iteration")
    axes.grid(which="major", alpha=0.3)
    axes.legend()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _line(points: Sequence[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [size for size, _ in points], [1e9 * seconds / size for size, seconds in points]

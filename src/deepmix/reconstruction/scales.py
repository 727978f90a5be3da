"""In what the iterative methods compute, so that sums of squares stay within single precision."""

import numpy as np

from .weighted import WeightedData


def of_largest_1(measured: WeightedData) -> tuple[WeightedData, float]:
    """The data with W / max W, in their precision, and max W; 1 where nothing was measured."""
    largest = float(measured.weights.max()) or 1.0
    weights = (measured.weights.astype(float) / largest).astype(np.real(measured.data).dtype)
    return measured._replace(weights=weights), largest

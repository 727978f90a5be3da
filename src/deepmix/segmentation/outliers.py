"""Pixels far from all others, such as dead pixels of a detector, which dominate a channel's standard deviation.

Divided by it, tissues lie so close together that a class of outliers fits better than a class of tissue.
"""

import warnings

import numpy as np

EXTREME = 0.5  # percent of the pixels at each end
SAMPLE = 2**20  # pixels that are enough to tell
MOST = 0.5  # the share of a channel's variance that they may have; on all images of docs/quality.md at most 0.05


FENCE = 3.0  # interquartile ranges beyond the quartiles: "far out" (Tukey 1977)


def without_far(volume: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mask (*spatial) without pixels that are far out in any channel of a volume (M, *spatial).

    Far out: by more than three interquartile ranges below the lower quartile or above the upper one; none is in a
    channel whose quartiles are equal, such as one with a constant background.
    """
    quarters = np.percentile(volume[:, mask], (25, 75), axis=1)
    lower, upper = quarters.reshape(2, -1, *[1] * mask.ndim)
    reach = np.where(upper > lower, FENCE * (upper - lower), np.inf)
    return mask & ((volume >= lower - reach) & (volume <= upper + reach)).all(axis=0)


def limits(values: np.ndarray, percent: float) -> tuple[np.ndarray, np.ndarray]:
    """The limits (M,) below and above which the given percentage of the values (M, N) lies; ∓∞ for 0 percent."""
    if not percent:
        return np.full(len(values), -np.inf), np.full(len(values), np.inf)
    low, high = np.percentile(values, (percent, 100 - percent), axis=1)
    return low, high


def warn(image: np.ndarray, mask: np.ndarray, remedy: str) -> None:
    """Warn of each channel whose variance inside the mask comes mostly from extreme pixels.

    image: (M, *spatial). mask: (*spatial). remedy: what can be done, beside leaving them out by a mask.
    """
    everywhere = mask.all()
    for m, channel in enumerate(image):
        values = channel.ravel() if everywhere else channel[mask]
        sample = values[:: -(-values.size // SAMPLE)]
        (low,), (high,) = limits(sample[None], EXTREME)
        variance = sample.var(dtype=float)
        share = 1 - np.clip(sample, low, high).var(dtype=float) / variance if variance > 0 else 0.0
        if share <= MOST:
            continue
        width = high - low
        far = values[(values < low - width) | (values > high + width)]
        if not far.size:  # of few bright pixels among zeros some lie within the percentiles
            continue
        warnings.warn(
            f"channel {m}: {far.size:,} of {values.size:,} pixels, from {far.min():g} to {far.max():g}, are far "
            f"from all others and have {share:.0%} of the variance: leave them out by a mask{remedy}",
            stacklevel=5,
        )

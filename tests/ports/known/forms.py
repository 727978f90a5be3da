"""What peers take and give in another form than the kit."""

import numpy as np


def labellings(table):
    """Two labellings (N,) that share as many pixels a pair of labels as the table (R, C) says."""
    return (np.repeat(index.ravel(), table.ravel()) for index in np.indices(table.shape))


def known(proportions, truth, mask):
    """Which pixels have a truth and count: an index, for peers whose pixels have no weights."""
    if truth.shape != proportions.shape:
        return ...
    counted = mask * truth.sum(axis=0)
    if not np.isin(counted, (0, 1)).all():
        raise NotImplementedError("pixels have no weights")
    return ... if counted.all() else counted == 1


def on_surface(surface, distances):
    """The distances of a surface's pixels as an array of its shape, NaN beside it."""
    found = np.full(surface.shape, np.nan)
    np.place(found, surface, distances)
    return found

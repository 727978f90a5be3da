"""How much there is to segment: memory and time follow from it."""

from typing import NamedTuple


class Size(NamedTuple):
    """The number of pixels of a channel, of channels, and of pixels of a slice."""

    n_pixels: float
    n_channels: int
    of_slice: float

    def shrunk(self, factor: int) -> "Size":
        """The size on a grid that is a factor coarser within slices."""
        return self._replace(n_pixels=self.n_pixels / factor**2, of_slice=self.of_slice / factor**2)

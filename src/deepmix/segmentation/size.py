"""How much there is to segment: what memory and time go by."""

from typing import NamedTuple


class Size(NamedTuple):
    """Pixels of a channel, channels, pixels of a slice."""

    n_pixels: float
    n_channels: int
    of_slice: float

    def shrunk(self, factor: int) -> "Size":
        """On a grid that is so many times coarser within slices."""
        return self._replace(n_pixels=self.n_pixels / factor**2, of_slice=self.of_slice / factor**2)

"""From items to mini-batches, by Grain: shuffled by seed, augmented in parallel, started at any batch."""

from collections.abc import Callable, Iterator, Sequence

import grain
import numpy as np

from deepmix.reference.deep_mixtures.records import Batch

from .items import Item

THREADS = 4

Change = Callable[[Item, np.random.Generator], Item]


class Pipeline:
    """The mini-batches of all epochs; what a batch holds depends on its place and the seed alone.

    items: of one size once they are changed. n_components: K. changes: made one after the other of each item,
    each time with another generator, of seed, epoch and item. known: whether batches hold the truth. part: (p, P),
    if P processes share each batch; process p gets ⌈B/P⌉ images, from image p·⌈B/P⌉ on.
    """

    def __init__(
        self,
        items: Sequence[Item],
        n_components: int,
        *,
        batch_size: int,
        seed: int,
        changes: Sequence[Change],
        known: bool,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        drawn = grain.MapDataset.source(items).seed(seed).shuffle()
        for change in changes:
            drawn = drawn.random_map(change)
        self._items = drawn.repeat()
        self._n_items, self._n_components, self._known = len(items), n_components, known
        self._batch_size, self._part = min(batch_size, len(items)), part
        self.n_batches = -(-len(items) // self._batch_size)

    def __call__(self, epoch: int, done: int = 0) -> Iterator[Batch]:
        """The mini-batches of an epoch from its batch number `done` on; the last one is filled up."""
        rest = grain.MapDataset.range(done, self.n_batches).map(lambda number: self._batch(epoch, int(number)))
        return iter(rest.to_iter_dataset(grain.ReadOptions(num_threads=THREADS, prefetch_buffer_size=2 * THREADS)))

    def _batch(self, epoch: int, number: int) -> Batch:
        part, parts = self._part
        share = -(-self._batch_size // parts)
        places = number * self._batch_size + np.arange(part * share, (part + 1) * share)
        end = min((number + 1) * self._batch_size, self._n_items)
        chosen = [self._items[epoch * self._n_items + min(int(place), end - 1)] for place in places]
        classes = np.arange(1, self._n_components + 1).reshape(-1, *[1] * chosen[0].mask.ndim)
        return Batch(
            images=np.stack([item.image for item in chosen]),
            weights=np.stack([item.mask for item in chosen]).astype(np.float32),
            shares=(places < end).astype(np.float32),
            truth=np.stack([item.truth == classes for item in chosen]).astype(np.float32) if self._known else None,
        )

"""Many loops of different lengths side by side: a lane whose loop has ended takes the next item at once.

No item waits for a slower one. Only lanes that find the queue empty are wasted: at most the longest loop times
the number of lanes minus one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

Items = Any  # trees whose arrays have a leading axis: the items
Item = Any
State = Any
Result = Any


class Work(NamedTuple):
    """The loop of one item, whatever its lane: its first state, one turn, whether it goes on, and its result."""

    begin: Callable[[Item], State]
    turn: Callable[[State, Item], State]
    running: Callable[[State], jax.Array]
    result: Callable[[State], Result]


class Lanes(NamedTuple):
    """The state of all lanes.

    held: (L,) the number of the item in each lane; the number of all items if there is none. following: the next
    item of the queue. n_done: how many items have results. items, states: of the lanes. results: of all items.
    """

    held: jax.Array
    following: jax.Array
    n_done: jax.Array
    items: Items
    states: State
    results: Result


def count(lanes: int | None, n_items: int, most: int | None = None) -> int:
    """How many items run side by side; if not given, one on a CPU, which it keeps busy, and elsewhere all.

    most: the largest number instead of all. Raises ValueError for lanes < 1.
    """
    if lanes is None:
        lanes = 1 if _platform() == "cpu" else n_items if most is None else most
    if lanes < 1:
        raise ValueError(f"lanes must be at least 1, got {lanes}")
    return min(lanes, n_items)


def _platform() -> str:
    """The platform of JAX's default device."""
    config: Any = jax.config
    device = config.jax_default_device
    if device is None:
        return jax.default_backend()
    return device.partition(":")[0] if isinstance(device, str) else device.platform


def start(work: Work, queue: Items, n_lanes: int) -> Lanes:
    """The first items in their lanes, no results yet. n_lanes: at most as many as there are items."""
    held = jnp.arange(n_lanes)
    items = _taken(queue, held)
    states = _each(work.begin)(items)
    shapes = jax.eval_shape(_each(work.result), states)
    n_items = _length(queue)
    results = jax.tree.map(lambda leaf: jnp.zeros((n_items, *leaf.shape[1:]), leaf.dtype), shapes)
    return Lanes(
        held=held,
        following=jnp.asarray(n_lanes),
        n_done=jnp.asarray(0),
        items=items,
        states=states,
        results=results,
    )


def advance(work: Work, lanes: Lanes, queue: Items, n_turns: int) -> Lanes:
    """At most `n_turns` turns of every lane, fewer if all items have their results."""
    n_items = _length(queue)

    def turn(carry: tuple[jax.Array, Lanes]) -> tuple[jax.Array, Lanes]:
        t, lanes = carry
        states = _each(work.turn)(lanes.states, lanes.items)
        ended = ~_each(work.running)(states) & (lanes.held < n_items)
        lanes = lanes._replace(states=states)
        return t + 1, jax.lax.cond(ended.any(), exchange, lambda ended, lanes: lanes, ended, lanes)

    def exchange(ended: jax.Array, lanes: Lanes) -> Lanes:
        """The results of the loops that have ended go out, the next items come in."""
        place = jnp.where(ended, lanes.held, n_items)  # beyond the end: dropped
        left = _each(work.result)(lanes.states)
        results = jax.tree.map(lambda all, new: all.at[place].set(new, mode="drop"), lanes.results, left)
        number = lanes.following + jnp.cumsum(ended) - 1
        held = jnp.where(ended, jnp.minimum(number, n_items), lanes.held)
        items = _where(ended, _taken(queue, jnp.minimum(number, n_items - 1)), lanes.items)
        states = _where(ended, _each(work.begin)(items), lanes.states)
        n_ended = ended.sum()
        return Lanes(
            held=held,
            following=lanes.following + n_ended,
            n_done=lanes.n_done + n_ended,
            items=items,
            states=states,
            results=results,
        )

    def unfinished(carry: tuple[jax.Array, Lanes]) -> jax.Array:
        t, lanes = carry
        return (lanes.held < n_items).any() & (t < n_turns)

    _, lanes = jax.lax.while_loop(unfinished, turn, (jnp.asarray(0), lanes))
    return lanes


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function mapped over the lanes; not mapped for a single lane, since mapped convolutions are slower."""

    def mapped(*trees: Any) -> Any:
        if _length(trees) > 1:
            return jax.vmap(function)(*trees)
        alone = jax.tree.map(lambda leaf: leaf[0], trees)
        return jax.tree.map(lambda leaf: leaf[None], function(*alone))

    return mapped


def _length(queue: Items) -> int:
    return len(jax.tree.leaves(queue)[0])


def _taken(queue: Items, places: jax.Array) -> Items:
    return jax.tree.map(lambda leaf: leaf[places], queue)


def _where(chosen: jax.Array, new: Any, old: Any) -> Any:
    def of(new: jax.Array, old: jax.Array) -> jax.Array:
        return jnp.where(chosen.reshape(-1, *[1] * (new.ndim - 1)), new, old)

    return jax.tree.map(of, new, old)

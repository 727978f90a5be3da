"""Learning-rate schedules [U7] by Optax; see `reference.optimization.schedules`."""

import jax
import optax


def polynomial_decay(learning_rate: float, epoch: int, n_epochs: int) -> jax.Array:
    """See `reference.optimization.schedules.polynomial_decay` [U7]."""
    return optax.polynomial_schedule(learning_rate, 0.0, 0.9, n_epochs)(epoch)

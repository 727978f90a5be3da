"""Optax as a port: AdamW, clipping, the schedule, losses of areas."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import optax

from deepmix.accelerated.conformance import session
from deepmix.conformance.ports import nested
from tests.ports.known.forms import known

conformance = SimpleNamespace(session=session)  # JAX's float64 mode where it is asked for


def update(parameters, gradient, state, learning_rate=1e-4, weight_decay=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    optimizer = optax.adamw(learning_rate, b1, b2, eps, weight_decay=weight_decay)
    moments, *rest = optimizer.init(parameters)
    moments = moments._replace(count=jnp.asarray(state.count), mu=state.m, nu=state.v)
    updates, (moments, *_) = optimizer.update(gradient, (moments, *rest), parameters)
    return optax.apply_updates(parameters, updates), {"count": moments.count, "m": moments.mu, "v": moments.nu}


def clip(gradient, max_norm=12.0):
    clipping = optax.clip_by_global_norm(max_norm)
    return clipping.update(gradient, clipping.init(gradient))[0]


def polynomial_decay(learning_rate, epoch, n_epochs):
    return optax.polynomial_schedule(learning_rate, 0.0, power=0.9, transition_steps=n_epochs)(epoch)


def of_areas(loss, smoothing=1.0, **fixed):
    """smoothing: what it calls one pixel of it."""

    def call(proportions, truth, mask, *, smooth=0.0, include_background=True, **options):
        pixels, options = known(proportions, truth, mask), fixed | options
        options |= {"smooth": smoothing * smooth, "ignore_background": not include_background}

        def value(proportions):
            given = (jnp.moveaxis(each[:, pixels], 0, -1)[None] for each in (proportions, truth))
            return loss(*given, apply_softmax=False, **options).sum()

        return jax.value_and_grad(value)(jnp.asarray(proportions))

    return call


port = nested(
    {
        "optimization.adamw.clip": clip,
        "optimization.adamw.update": update,
        "optimization.schedules.polynomial_decay": polynomial_decay,
        "losses.segmentation.tversky": of_areas(optax.losses.dice_loss),
        "losses.segmentation.soft_dice": of_areas(optax.losses.dice_loss, smoothing=0.5),
        "losses.segmentation.soft_iou": of_areas(optax.losses.dice_loss, alpha=1.0, beta=1.0),
        "losses.segmentation.generalised_dice": of_areas(optax.losses.multiclass_generalized_dice_loss),
    }
)
optimization, losses = port.optimization, port.losses

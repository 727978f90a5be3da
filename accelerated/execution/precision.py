"""The precision of matrix products."""

import jax

HIGHEST = jax.lax.Precision.HIGHEST  # TF32 would cost three digits

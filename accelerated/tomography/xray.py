"""What X-rays count [CT1]–[CT3]; see `reference.tomography.xray`."""

import jax
import jax.numpy as jnp

from deepmix.reference.checks import check_choice
from deepmix.reference.tomography.records import Projections
from deepmix.reference.tomography.xray import FEWEST

from ..execution.precision import HIGHEST

SIGNALS = {"integrating": lambda energies: energies, "counting": jnp.ones_like}


def transmitted(sinogram: jax.Array, flat: jax.Array, dark: jax.Array | float = 0.0) -> jax.Array:
    """See `reference.tomography.xray.transmitted` [CT1]."""
    return dark + (flat - dark) * jnp.exp(-sinogram)


def line_integrals(counts: jax.Array, flat: jax.Array, dark: jax.Array | float = 0.0) -> Projections:
    """See `reference.tomography.xray.line_integrals` [CT1], [CT3]."""
    incident, passed = jnp.broadcast_to(flat - dark, counts.shape), counts - dark
    starved = passed <= 0
    passed, alive = jnp.where(starved, FEWEST, passed), incident > 0
    return Projections(
        sinogram=jnp.where(alive, jnp.log(jnp.where(alive, incident, 1) / passed), 0),
        weights=jnp.where(alive, passed, 0),
        starved=starved | ~alive,
    )


def polyenergetic(
    lengths: jax.Array,
    attenuation: jax.Array,
    spectrum: jax.Array,
    energies: jax.Array,
    detector: str = "integrating",
) -> jax.Array:
    """See `reference.tomography.xray.polyenergetic` [CT1]; one energy after the other."""

    def add(passed: jax.Array, energy: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        share, mu = energy
        return passed + share * jnp.exp(-jnp.tensordot(mu, lengths, 1, precision=HIGHEST)), None

    shares = _shares(spectrum, energies, detector)
    start = jnp.zeros(lengths.shape[1:], jnp.result_type(lengths, attenuation, shares))
    return -jnp.log(jax.lax.scan(add, start, (shares, attenuation.T))[0])


def effective_attenuation(
    attenuation: jax.Array, spectrum: jax.Array, energies: jax.Array, detector: str = "integrating"
) -> jax.Array:
    """See `reference.tomography.xray.effective_attenuation` [CT1]."""
    return jnp.matmul(attenuation, _shares(spectrum, energies, detector), precision=HIGHEST)


def water_correction(
    lengths: jax.Array,
    attenuation: jax.Array,
    spectrum: jax.Array,
    energies: jax.Array,
    detector: str = "integrating",
    degree: int = 4,
) -> jax.Array:
    """See `reference.tomography.xray.water_correction` [CT2]."""
    p = polyenergetic(lengths[None], attenuation[None], spectrum, energies, detector)
    wanted = effective_attenuation(attenuation, spectrum, energies, detector) * lengths
    largest, powers = p.max(), jnp.arange(1, degree + 1)
    return jnp.linalg.lstsq((p / largest)[:, None] ** powers, wanted)[0] / largest**powers


def corrected(sinogram: jax.Array, coefficients: jax.Array) -> jax.Array:
    """See `reference.tomography.xray.corrected` [CT2]."""
    total = jnp.zeros_like(sinogram)
    for number in reversed(range(len(coefficients))):
        total = (total + coefficients[number]) * sinogram
    return total


def contrast(signal: jax.Array, background: jax.Array) -> jax.Array:
    """See `reference.tomography.xray.contrast` [CT3]."""
    return (signal - background) / background


def signal_to_noise(contrast: jax.Array, counts: jax.Array) -> jax.Array:
    """See `reference.tomography.xray.signal_to_noise` [CT3]."""
    return contrast * jnp.sqrt(counts)


def _shares(spectrum: jax.Array, energies: jax.Array, detector: str) -> jax.Array:
    check_choice("detector", detector, tuple(SIGNALS))
    signal = spectrum * SIGNALS[detector](energies)
    return signal / signal.sum()

"""Mistakes in `tomography.xray`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the dark field is not taken from the flat one",
        "np.broadcast_to(flat - dark, counts.shape), counts - dark",
        "np.broadcast_to(flat, counts.shape), counts - dark",
        "tomography.xray.line_integrals/fields",
    ),
    Mistake(
        "no counts are one count",
        "np.where(starved, FEWEST, passed)",
        "np.where(starved, 1, passed)",
        "tomography.xray.line_integrals/fields",
    ),
    Mistake(
        "dead detectors weigh as others",
        "weights=np.where(alive, passed, 0)",
        "weights=passed",
        "tomography.xray.line_integrals/a_dead_detector",
    ),
    Mistake(
        "every detector counts photons",
        "spectrum * SIGNALS[detector](energies)",
        "spectrum",
        "tomography.xray.polyenergetic/integrating",
    ),
    Mistake(
        "attenuations are averaged before the exponential",
        "    return -np.log(passed)\n",
        "    return np.tensordot(attenuation @ shares, lengths, 1)\n",
        "tomography.xray.polyenergetic/counting",
    ),
    Mistake(
        "the correction has a constant term",
        "np.arange(1, degree + 1)",
        "np.arange(degree)",
        "tomography.xray.water_correction/integrating",
    ),
    Mistake(
        "the noise is that of the target",
        "return (signal - background) / background",
        "return (signal - background) / signal",
        "tomography.xray.contrast/typical",
    ),
)

"""Mistakes in `mixtures.rician`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "Bessel's function overflows",
        "np.log(i0e(pixels * signals / variances))).sum(axis=1)",
        "np.log(i0e(z := pixels * signals / variances) * np.exp(z)) - z).sum(axis=1)",
        "mixtures.rician.log_density/beyond_713",
    ),
    Mistake(
        "the noise is that of a Gaussian",
        "2 * previous.signals * lost / n) / 2",
        "2 * previous.signals * lost / n)",
        "mixtures.rician.estimate/diag_shared",
    ),
    Mistake(
        "the signals are the means of the pixels",
        "np.where(empty[:, None], 0, (first - lost) / n)",
        "np.where(empty[:, None], 0, first / n)",
        "mixtures.rician.estimate/diag_each",
    ),
    Mistake(
        "shared noise does not weigh the classes",
        "np.broadcast_to(counts @ scatter / counts.sum(), scatter.shape)",
        "np.broadcast_to(scatter.mean(axis=0), scatter.shape)",
        "mixtures.rician.estimate/diag_shared",
    ),
    Mistake(
        "the start takes means for signals",
        "signals=np.sqrt(np.maximum(squared_signals, 0))",
        "signals=means",
        "mixtures.rician.of_gaussians/diag",
    ),
)

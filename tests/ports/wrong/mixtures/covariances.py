"""Mistakes in `mixtures.covariances`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the floor is dropped",
        "return scatter + np.diag(floor)",
        "return scatter",
        "mixtures.gaussian.moments/one_pixel_a_class",
    ),
    Mistake(
        "tied covariances are averaged over classes",
        'np.einsum("k,kij->ij", counts, scatter) / counts.sum()',
        "scatter.mean(axis=0)",
        "mixtures.gaussian.moments/tied",
    ),
    Mistake(
        "spherical covariances are summed over channels",
        '(np.einsum("kii->ki", scatter) + floor).mean(axis=1)',
        '(np.einsum("kii->ki", scatter) + floor).sum(axis=1)',
        "mixtures.gaussian.moments/spherical",
    ),
    Mistake(
        "damping mixes variances without what lies between the means",
        "return (1 - share) * old + share * new + apart",
        "return (1 - share) * old + share * new",
        "mixtures.gaussian.blend/diag",
    ),
)

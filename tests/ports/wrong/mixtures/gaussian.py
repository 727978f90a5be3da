"""Mistakes in `mixtures.gaussian`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the floor is absolute",
        "np.where(constant, 1e-12, 1e-6 * variance)",
        "np.full(len(pixels), 1e-6)",
        "mixtures.gaussian.variance_floor/all_pixels",
    ),
    Mistake(
        "a constant channel has no floor",
        "np.where(constant, 1e-12, 1e-6 * variance)",
        "1e-6 * variance",
        "mixtures.gaussian.variance_floor/constant_channel",
    ),
    Mistake(
        "the variance is divided by n − 1",
        "scatter[k] = (share * deviation) @ deviation.T",
        "scatter[k] = (share * deviation) @ deviation.T * counts[k] / (counts[k] - 1)",
        "mixtures.gaussian.moments/diag",
    ),
    Mistake(
        "E[x²] − E[x]²",
        "scatter[k] = (share * deviation) @ deviation.T",
        "scatter[k] = (share * pixels) @ pixels.T - np.outer(means[k], means[k])",
        "mixtures.gaussian.moments/far_from_zero",
    ),
    Mistake(
        "products of densities, not sums of logarithms",
        "log_likelihood = logsumexp(log_joint, axis=0)",
        "log_likelihood = np.log((np.exp(log_proportions) * np.exp(log_densities)).sum(axis=0))",
        "mixtures.gaussian.posterior/far_away",
    ),
    Mistake(
        "log(sum + ε)",
        "log_likelihood = logsumexp(log_joint, axis=0)",
        "log_likelihood = np.log(np.exp(log_joint).sum(axis=0) + 1e-10)",
        "mixtures.gmm.nll/class_with_proportion_0",
    ),
    Mistake(
        "the posterior is not normalised",
        "return np.exp(log_joint - log_likelihood), log_likelihood",
        "return np.exp(log_joint), log_likelihood",
        "mixtures.svgmm.e_step/diag",
    ),
    Mistake(
        "the constant of the density is forgotten",
        "n_channels * np.log(2 * np.pi) + log_det",
        "log_det",
        "mixtures.gaussian.log_density/one_pixel",
    ),
    Mistake(
        "the determinant is that of the Cholesky factor",
        "2 * np.log(np.diag(factor)).sum()",
        "np.log(np.diag(factor)).sum()",
        "mixtures.gaussian.log_density/full",
    ),
    Mistake(
        "an empty class gets no moments",
        "return found if kind.pools else np.where(empty.reshape(-1, *[1] * (found.ndim - 1)), previous, found)",
        "return found",
        "mixtures.gaussian.moments/empty_class_full",
    ),
    Mistake(
        "the mask is ignored in the moments",
        "    counts = responsibilities @ weights\n",
        "    weights = np.ones_like(weights)\n    counts = responsibilities @ weights\n",
        "mixtures.gaussian.moments/weights_with_zeros_diag",
    ),
    Mistake(
        "damping takes no notice of proportions",
        "share = np.where(proportions > 0, new / np.where(proportions > 0, proportions, 1), 0)",
        "share = np.full(len(proportions), rate)",
        "mixtures.gaussian.blend/full",
    ),
    Mistake(
        "one pass over globally centred data",
        "scatter[k] = (share * deviation) @ deviation.T",
        "near, apart = ((x.T - pixels @ weights / weights.sum()).T for x in (pixels, means[k]))\n"
        "        scatter[k] = (share * near) @ near.T - np.outer(apart, apart)",
        "mixtures.gaussian.moments/classes_far_apart",
    ),
)

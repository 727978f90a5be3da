"""Mistakes in `mixtures.hmrf`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "all pixels of the field are updated at once",
        "responsibilities = np.where(colour == each, updated, responsibilities)",
        "responsibilities = updated",
        "mixtures.hmrf.sweep/published_beta",
    ),
    Mistake(
        "neighbours outside the mask count",
        "field = beta * neighbour_sum(weights * responsibilities, diagonals)",
        "field = beta * neighbour_sum(responsibilities, diagonals)",
        "mixtures.hmrf.sweep/published_beta",
    ),
    Mistake(
        "the field wraps round the border",
        'correlate(maps, around[None], mode="constant")',
        'correlate(maps, around[None], mode="wrap")',
        "mixtures.hmrf.neighbour_sum/plane",
    ),
    Mistake(
        "every pair of neighbours counts twice",
        "(alone - beta / 2 * agreement)",
        "(alone - beta * agreement)",
        "mixtures.hmrf.free_energy/published_beta",
    ),
    Mistake(
        "what neighbours foretell is not normalised",
        "foretold = log_softmax(_field(responsibilities, weights, beta, diagonals, external), axis=0)",
        "foretold = _field(responsibilities, weights, beta, diagonals, external)",
        "mixtures.hmrf.pseudo_nll/published_beta",
    ),
    Mistake(
        "the external field is no part of F",
        "known = log_densities + _along(external, log_densities.ndim)",
        "known = log_densities",
        "mixtures.hmrf.free_energy/external_field",
    ),
    Mistake(
        "the external field counts as often as there are neighbours",
        "return field + _along(external, field.ndim)",
        "return field + beta * neighbour_sum(0 * field + _along(external, field.ndim), diagonals)",
        "mixtures.hmrf.sweep/external_field",
    ),
    Mistake(
        "what neighbours tell is not a share of what there is to tell",
        "(told / entropy, told",
        "(told, told",
        "mixtures.hmrf.information/three_classes",
    ),
    Mistake(
        "without neighbours all classes are as likely",
        "gaussian.posterior(gaussian.safe_log(mean)[:, None], densities",
        "gaussian.posterior(np.zeros((1, 1)), densities",
        "mixtures.hmrf.fit/three_turns_diag",
    ),
    Mistake(
        "the external field becomes the log of the sizes",
        "return external + np.log(np.where(known, actual, 1) / np.where(known, expected, 1))",
        "return np.log(np.where(known, actual, 1)) + 0 * external",
        "mixtures.hmrf.external_field/published_beta",
    ),
    Mistake(
        "a class without a pixel loses its external field",
        "external + np.log(np.where(known, actual, 1) / np.where(known, expected, 1))",
        "external + np.log(np.maximum(actual, 1e-300) / np.maximum(expected, 1e-300))",
        "mixtures.hmrf.external_field/classes_without_a_pixel",
    ),
    Mistake(
        "free class sizes start from equal ones",
        "external = np.log(np.where(free & (sizes > 0), sizes, 1))",
        "external = np.zeros(len(sizes))",
        "mixtures.hmrf.fit/free_class_sizes_diag",
    ),
    Mistake(
        "the field starts from nothing",
        "svgmm.begin(pixels, start, covariance_type, family)",
        "start._replace(proportions=np.full((len(start.means), w.size), 1 / len(start.means)))",
        "mixtures.hmrf.fit/no_m_step",
    ),
    Mistake(
        "colours descend",
        "for each in range(colour.max() + 1):",
        "for each in reversed(range(colour.max() + 1)):",
        "mixtures.hmrf.sweep/diagonals",
    ),
    Mistake(
        "pixels of weight 0 are not updated",
        "np.where(colour == each, updated, responsibilities)",
        "np.where((colour == each) & (weights > 0), updated, responsibilities)",
        "mixtures.hmrf.sweep/volume",
    ),
    Mistake(
        "the energy of a pixel is weighed by the pixel",
        "return (alone - beta / 2 * agreement).sum(axis=0)",
        "return weights * (alone - beta / 2 * agreement).sum(axis=0)",
        "mixtures.hmrf.free_energy/diagonals",
    ),
    Mistake(
        "where one class has all, the information is what it is",
        "if entropy > 0 else (0.0, 0.0)",
        "if entropy > 0 else (told, told)",
        "mixtures.hmrf.information/one_class_has_all",
    ),
)

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
        "field = beta * neighbour_sum(weights * responsibilities, diagonals)\n        updated",
        "field = beta * neighbour_sum(responsibilities, diagonals)\n        updated",
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
        "gaussian.posterior(log_softmax(field, axis=0), log_densities)",
        "gaussian.posterior(field, log_densities)",
        "mixtures.hmrf.pseudo_nll/published_beta",
    ),
    Mistake(
        "the field starts from nothing",
        "svgmm.begin(pixels, start, covariance_type)",
        "start._replace(proportions=np.full((len(start.means), w.size), 1 / len(start.means)))",
        "mixtures.hmrf.fit/no_m_step",
    ),
)

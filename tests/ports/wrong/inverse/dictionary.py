"""Mistakes in `inverse.dictionary`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "every atom is brought to length 1",
        "moved / max(1.0, float(np.linalg.norm(moved)))",
        "moved / float(np.linalg.norm(moved))",
        "inverse.dictionary.renew/short_atoms",
    ),
    Mistake(
        "all atoms at once",
        "gram[k] @ found)",
        "gram[k] @ atoms)",
        "inverse.dictionary.renew/typical",
    ),
    Mistake(
        "the weight of the data is left out of the mean",
        "/ (1 + step * count)",
        "/ (step * count)",
        "inverse.dictionary.begin/typical",
    ),
    Mistake(
        "the threshold of codes is κ, not κ/L",
        "codes + descent / bound, sparsity / bound)",
        "codes + descent / bound, sparsity)",
        "inverse.dictionary.encode/first",
    ),
    Mistake(
        "codes of the given image, not of the one between",
        "_uncoded(ahead, near, atoms)",
        "_uncoded(ahead, image, atoms)",
        "inverse.dictionary.encode/with_a_step",
    ),
    Mistake(
        "momentum goes on when a step turns back",
        "goes_on, following = _inner(codes - ahead, codes - before) >= 0,",
        "goes_on, following = True,",
        "inverse.dictionary.encode/restart",
    ),
    Mistake(
        "the distance to the given image does not count",
        "0.5 * step * squared_norm(pull) + objective",
        "objective",
        "inverse.dictionary.encode/with_a_step",
    ),
)

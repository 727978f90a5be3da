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
        "/ (strength + count)",
        "/ count",
        "inverse.dictionary.begin/typical",
    ),
)

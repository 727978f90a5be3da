"""What a mistake is."""

from typing import NamedTuple


class Mistake(NamedTuple):
    """What is wrong: in a file of the reference, `right` (which stands there once) is written `wrong`.

    caught_by: the case that must fail.
    """

    name: str
    right: str
    wrong: str
    caught_by: str

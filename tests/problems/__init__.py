"""What the tests draw: well-conditioned by construction, in a handful of shapes, read-only.

Hypothesis draws a seed and a few scalars; NumPy makes the arrays from them (`deepmix.conformance.drawing`, as for
the cases of the kit). Every array is read-only, so that a function that mutates its arguments fails whatever test
calls it. One module a subject.
"""

from tests.problems import deep_mixtures, evaluation, inverse, losses, mixtures, networks, tomography
from tests.problems.drawn import generators

__all__ = ["deep_mixtures", "evaluation", "generators", "inverse", "losses", "mixtures", "networks", "tomography"]

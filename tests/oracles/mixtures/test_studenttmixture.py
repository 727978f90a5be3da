"""studenttmixture finds the same Student mixture in the limit [NG3]."""

import numpy as np
import pytest

from benchmarks.peers import student_mixture
from deepmix.reference.mixtures import gmm
from deepmix.reference.mixtures.records import Student
from tests.laws.helpers import close

pytest.importorskip("studenttmixture", reason="needs the extra `bench`")


@pytest.mark.oracles
def test_ng3_the_limit_of_studenttmixture():
    rng = np.random.default_rng(0)
    centres = np.array([[0, 9], [0, 4]]).repeat(300, axis=1)
    pixels = centres + rng.standard_t(4, centres.shape)
    start = Student(
        proportions=np.full(2, 0.5),
        means=np.array([[1.0, 1.0], [8.0, 3.0]]),
        covariances=np.stack([np.eye(2)] * 2),
        degrees=np.full(2, 4.0),
    )
    options = {"covariance_type": "full", "family": "student_fixed", "floor": np.zeros(2)}
    ours = gmm.fit(pixels, start, tol=-np.inf, max_iter=400, **options).mixture
    theirs = student_mixture.fit(np.ascontiguousarray(pixels.T), start, 400)
    close(ours, theirs, 1e-6)

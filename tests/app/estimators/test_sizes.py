"""Samples of many sizes: what is compiled for one serves those of about its size."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np
import pytest

from deepmix.estimators import FuzzyCMeans, GaussianMixture

X = np.random.default_rng(0).normal(size=(2000, 2))
SIZES = (40, 137, 500, 777, 1000)  # all fill up the same 1024


@contextmanager
def compilations() -> Iterator[list[str]]:
    """The programs that are compiled in the block."""
    found: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: found.append(record.getMessage())
    logger = logging.getLogger("jax._src.dispatch")
    logger.addHandler(handler)
    with jax.log_compiles():
        yield found
    logger.removeHandler(handler)


@pytest.mark.parametrize("estimator", [GaussianMixture(2, tol=1e9), FuzzyCMeans(2, tol=1e9)])
def test_sizes_share_their_programs(estimator):
    estimator.fit(X[:900]).predict(X[:900])
    estimator.score(X[:900])
    with compilations() as compiled:
        for n in SIZES:
            assert estimator.predict_proba(X[:n]).shape == (n, 2)
            estimator.score(X[:n])
            estimator.fit(X[:n])
    assert [line for line in compiled if "Finished XLA compilation" in line] == []


def test_what_fills_up_is_left_out():
    found, expected = (
        GaussianMixture(2, backend=backend, tol=1e9, random_state=0).fit(X[:777])
        for backend in ("accelerated", "reference")
    )
    np.testing.assert_allclose(found.score_samples(X[:555]), expected.score_samples(X[:555]), rtol=1e-9)
    np.testing.assert_allclose(found.predict_proba(X[:555]), expected.predict_proba(X[:555]), atol=1e-9)

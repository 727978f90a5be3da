"""Generalised inverses and the Lasso beside NumPy's and scikit-learn's."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import sparse_encode
from sklearn.feature_extraction.image import extract_patches_2d, reconstruct_from_patches_2d
from sklearn.linear_model import Lasso, Ridge

from deepmix.reference.inverse import dictionary, least_squares, linear, proximal_gradient
from deepmix.reference.inverse.records import L1, Matrix
from tests.laws.helpers import close
from tests.problems import generators
from tests.problems.inverse import matrices


@given(matrix=matrices(), rng=generators)
def test_ip1_ip3_ip12_of_numpy(matrix, rng):
    """Rank, condition number, `pinv` and `lstsq`, also of deficient matrices."""
    assert linear.rank(matrix) == np.linalg.matrix_rank(matrix)
    if linear.rank(matrix) == matrix.shape[1]:
        close(linear.condition(matrix), np.linalg.cond(matrix))
    close(linear.generalised_inverse(matrix), np.linalg.pinv(matrix, rcond=1e-12))
    data = rng.normal(size=len(matrix))
    shortest = np.linalg.lstsq(matrix, data, rcond=1e-12)[0]
    close(least_squares.reconstruct(Matrix(rows=matrix), data, tol=1e-9).image, shortest, 1e-7)


@given(rng=generators, strength=st.floats(0.1, 5))
def test_ip4_ridge_of_sklearn(rng, strength):
    matrix, data, weights = rng.normal(size=(9, 5)), rng.normal(size=9), rng.uniform(0.1, 2, 9)
    ridge = Ridge(alpha=strength, fit_intercept=False, tol=1e-12).fit(matrix, data, weights)
    close(linear.tikhonov(matrix, data, strength, weights), ridge.coef_, 1e-8)


@settings(max_examples=10)
@given(rng=generators, strength=st.floats(0.1, 5))
def test_ip8_lasso_of_sklearn(rng, strength):
    """Which divides the misfit by the number of data."""
    matrix, data = rng.normal(size=(12, 8)), rng.normal(size=12)
    lasso = Lasso(alpha=strength / 12, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(matrix, data)
    found = proximal_gradient.reconstruct(Matrix(rows=matrix), data, L1(), strength, tol=1e-13, max_iter=5000)
    close(found.image, lasso.coef_, 1e-6, scale=1)
    np.testing.assert_array_equal(np.abs(found.image) > 1e-7, np.abs(lasso.coef_) > 1e-7)


@settings(max_examples=5)
@given(rng=generators)
def test_ip14_patches_and_codes_of_sklearn(rng):
    """Its mean of overlapping patches is that of λ = 0."""
    image, atoms = rng.normal(size=(6, 7)), rng.normal(size=(5, 9))
    atoms = atoms / np.linalg.norm(atoms, axis=1, keepdims=True)
    signals = dictionary.patches(image, 3)
    np.testing.assert_array_equal(signals, extract_patches_2d(image, (3, 3)).reshape(-1, 9))
    pieces = rng.normal(size=signals.shape)
    mean = dictionary.assemble(pieces, image, 3) / dictionary.assemble(np.ones(signals.shape), image, 3)
    close(mean, reconstruct_from_patches_2d(pieces.reshape(-1, 3, 3), image.shape))
    codes = sparse_encode(signals, atoms, algorithm="lasso_cd", alpha=0.3, max_iter=10_000)
    state = dictionary.step(dictionary.begin(atoms, image, 1.0, 0.3), image, 1.0, 0.3, 2000)
    close(state.codes, codes, 1e-3, scale=1)

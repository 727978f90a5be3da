"""The reference with rounding: every function of every module of its copy rounds, at any depth."""

import numpy as np

import deepmix.reference
from deepmix.conformance.rounding import rounding
from tests.structure import REFERENCE_MODULES, modules, public_functions


def test_every_public_function_of_the_copy_rounds():
    with rounding(1e-3, np.random.default_rng(0)) as (port, _):
        copies = modules(port.module)
        assert set(copies) == set(REFERENCE_MODULES)
        for name, module in REFERENCE_MODULES.items():
            for function, original in public_functions(module).items():
                copy = getattr(copies[name], function)
                assert copy.__wrapped__.__code__.co_code == original.__code__.co_code, f"{name}.{function}"
    assert deepmix.reference.__name__ not in port.module.__name__

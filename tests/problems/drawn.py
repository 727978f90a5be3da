"""What problems of all subjects are drawn from."""

import numpy as np
from hypothesis import strategies as st

generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)
weight_kinds = st.sampled_from(("ones", "mask", "integers", "reals"))

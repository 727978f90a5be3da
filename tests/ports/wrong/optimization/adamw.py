"""Mistakes in `optimization.adamw`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "ε inside the root of Adam",
        "np.sqrt(v_hat) + eps",
        "np.sqrt(v_hat + eps)",
        "optimization.adamw.update/tiny_gradient",
    ),
    Mistake(
        "Adam without bias correction",
        "m / (1 - b1**t), v / (1 - b2**t)",
        "m, v",
        "optimization.adamw.update/first_step",
    ),
    Mistake(
        "coupled weight decay",
        "    t = state.count + 1\n",
        "    t = state.count + 1\n"
        "    gradient = tree_map(lambda g, p: g + weight_decay * p, gradient, parameters)\n"
        "    weight_decay = 0.0\n",
        "optimization.adamw.update/later_step",
    ),
    Mistake(
        "leaves are clipped one by one",
        "return gradient if norm < max_norm else tree_map(lambda g: g / norm * max_norm, gradient)",
        "return tree_map(lambda g: g * min(1, max_norm / np.sqrt((g**2).sum())), gradient)",
        "optimization.adamw.clip/long",
    ),
)

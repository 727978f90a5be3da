"""Mistakes in `deep_mixtures.one_image`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "the parameters returned are those after the step",
        "kept = state.parameters, evaluation",
        "kept = following.parameters, evaluation",
        "deep_mixtures.one_image.fit/deepsvg_five_steps",
    ),
    Mistake(
        "a rise of the NLL ends the deep loop",
        "abs(history[t - 1] - history[t])",
        "history[t - 1] - history[t]",
        "deep_mixtures.one_image.fit/a_rise_does_not_stop",
    ),
    Mistake(
        "the gradient is not clipped",
        "adamw.clip(gradient, optimization.max_norm)",
        "gradient",
        "deep_mixtures.one_image.step/later_and_clipped",
    ),
    Mistake(
        "the label rule is ignored",
        "LABEL_RULES[model.label_rule](evaluation)",
        "evaluation.proportions",
        "deep_mixtures.one_image.fit/posterior_weights_and_labels",
    ),
    Mistake(
        "the warm start ignores the mask",
        "pullback(weights / weights.sum() * (proportions - target))",
        "pullback((proportions - target) / weights.size)",
        "deep_mixtures.one_image.warm_start/five_steps",
    ),
    Mistake(
        "the first step has an M-step too",
        "t > 0 and optimization.m_step_every > 0",
        "optimization.m_step_every > 0",
        "deep_mixtures.one_image.fit/free_energy_m_step_every_2",
    ),
)

"""A `DeepModel` for compiled programs: its words are static, its numbers are traced.

So another λ of a regulariser, or another ε, needs no new compilation.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar

import jax

from deepmix.reference.deep_mixtures.records import DeepModel, Regularizer

Function = TypeVar("Function", bound=Callable[..., Any])


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["strengths", "contamination"],
    meta_fields=["regularizers", "words"],
)
@dataclass(frozen=True)
class TracedModel:
    """A model in parts: strengths: λ of the regularisers. contamination: ε. words: all else of the model."""

    strengths: tuple[Any, ...]
    contamination: Any
    regularizers: tuple[Regularizer, ...]
    words: DeepModel

    @property
    def model(self) -> DeepModel:
        """The model again, with traced numbers."""
        pairs = tuple(zip(self.regularizers, self.strengths, strict=True))
        return self.words._replace(regularizers=pairs, contamination=self.contamination)


def traced(model: DeepModel) -> TracedModel:
    """A model with its numbers apart from its words."""
    regularizers, strengths = tuple(zip(*model.regularizers, strict=True)) or ((), ())
    words = model._replace(regularizers=(), contamination=0.0)
    return TracedModel(
        strengths=strengths, contamination=model.contamination, regularizers=regularizers, words=words
    )


def compiled(*static: str) -> Callable[[Function], Function]:
    """Compile a function with an argument `model`, a `DeepModel`; static: names of other static arguments."""

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)

        @partial(jax.jit, static_argnames=static)
        def program(model: TracedModel, **arguments: Any) -> Any:
            return function(**arguments, model=model.model)

        @wraps(function)
        def called(*given: Any, **named: Any) -> Any:
            bound = signature.bind(*given, **named)
            bound.apply_defaults()
            return program(traced(bound.arguments.pop("model")), **bound.arguments)

        return called  # type: ignore[return-value]

    return decorate

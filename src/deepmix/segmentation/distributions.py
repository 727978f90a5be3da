"""Which distribution the pixels of a class have: the settings, and the family of the backends that they name."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deepmix import parsing
from deepmix.reference.checks import check_choice
from deepmix.reference.mixtures.checks import WANTED
from deepmix.reference.mixtures.forms import FORMS, SUPPORTS
from deepmix.settings import MIXTURE, setting

AUTO = "auto"
DISTRIBUTIONS = ("gaussian", "student", "rician", "gamma", "lognormal", "poisson")
CHOSEN_FROM = ("gaussian", "student", "rician", "gamma", "lognormal")  # by "auto": densities of one unit [NG9]

# How many times as long as Gaussian classes a family takes, of an image of its own distribution: its densities
# have more to compute, and it takes more steps. By the keys of `mixtures.families.FAMILIES`. Measured on balls of
# 512² and 1024² pixels and 128³ voxels in one channel and three: about half to twice as much, by method and image.
EFFORT = {
    "gaussian": 1.0,
    "student": 3.5,
    "student_shared": 3.0,
    "student_fixed": 2.0,
    "rician": 2.0,
    "rician_each": 2.0,
    "gamma": 1.5,
    "gamma_fixed": 1.2,
    "lognormal": 2.0,
    "poisson": 1.5,
}


@dataclass(frozen=True)
class DistributionSettings:
    """Settings of the distributions [NG].

    distribution: "auto" takes the one whose mixture has least BIC. degrees: ν of student; "shared": one for all
    classes is found, so that none draws all outliers by its heavier tails; "each": one for each. noise: σ of
    rician. background: the darkest class of rician has no signal. looks: a of gamma, if it is known.
    """

    distribution: str = setting(
        "gaussian",
        help="Of a class's pixels: gaussian, student (outliers), rician (magnitudes), gamma (speckle), lognormal, "
        "poisson (counts), or auto.",
        panel=MIXTURE,
        choices=(*DISTRIBUTIONS, AUTO),
    )
    degrees: float | str = setting(
        "shared",
        help="Degrees of freedom of student: shared (one for all classes), each (its own), or a number from 1.",
        panel=MIXTURE,
        typed=str,
        parse=parsing.number_or_word,
    )
    noise: str = setting(
        "shared", help="σ of rician: shared by all classes, or each.", panel=MIXTURE, choices=("shared", "each")
    )
    background: bool = setting(False, help="The darkest class of rician has no signal, only noise.", panel=MIXTURE)
    looks: float | None = setting(
        None, help="Number of looks of gamma, such as 3; found from the image if not given.", panel=MIXTURE
    )

    def check(self) -> None:
        """Raise ValueError for an unknown distribution, and for settings that do not go together."""
        check_choice("distribution", self.distribution, (*DISTRIBUTIONS, AUTO))
        if isinstance(self.degrees, str):
            if self.degrees not in ("each", "shared"):
                raise ValueError(f"degrees must be each, shared or a number from 1 to 1000, got {self.degrees!r}")
        elif not 1 <= self.degrees <= 1000:
            raise ValueError(f"degrees must be each, shared or a number from 1 to 1000, got {self.degrees}")
        if self.looks is not None and not 0 < self.looks <= 1e6:
            raise ValueError(f"looks must be greater than 0 and at most 1000000, got {self.looks}")
        of_one = {"degrees": "student", "noise": "rician", "background": "rician", "looks": "gamma"}
        for name, distribution in of_one.items():
            if getattr(self, name) != getattr(DistributionSettings, name) and self.distribution != distribution:
                raise ValueError(f'{name} is for distribution="{distribution}"; leave it out')

    def check_means(self, means: Any) -> None:
        """Raise ValueError if means that are given, of any shape, lie where the densities do not live."""
        if not SUPPORTS[self.support](np.asarray(means)).all():
            wanted = WANTED[self.support]
            raise ValueError(f'means_init must be {wanted} for distribution="{self.distribution}"')

    @property
    def family(self) -> str:
        """A key of `mixtures.families.FAMILIES`; "auto" is Gaussian until one is chosen."""
        variants = {
            "student": {"each": "student", "shared": "student_shared"}.get(str(self.degrees), "student_fixed"),
            "rician": {"shared": "rician", "each": "rician_each"}[self.noise],
            "gamma": "gamma" if self.looks is None else "gamma_fixed",
            AUTO: "gaussian",
        }
        return variants.get(self.distribution, self.distribution)

    @property
    def effort(self) -> float:
        """How many times as long as Gaussian classes these take; of "auto" the mean of those it chooses from."""
        if self.distribution == AUTO:
            return float(np.mean([DistributionSettings(distribution=name).effort for name in CHOSEN_FROM]))
        return EFFORT[self.family]

    @property
    def has_heavy_tails(self) -> bool:
        """Whether pixels far from all classes are expected."""
        return self.distribution == "student"

    @property
    def support(self) -> str:
        """Where the densities live, one of `SUPPORTS`."""
        return FORMS[self.family].support

    @property
    def covariance_types(self) -> tuple[str, ...]:
        """Those that the densities know."""
        return FORMS[self.family].covariance_types

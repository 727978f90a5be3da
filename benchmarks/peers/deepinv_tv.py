"""Primal–dual total variation [IP10] over deepinv's projector and gradient: eager PyTorch."""

import numpy as np
import torch
from deepinv.optim import TVPrior
from deepinv.physics import Tomography

from deepmix.reference.inverse.primal_dual import STEP


class PrimalDual:
    """Parallel rays in the circle of a square image, with pixels of 1 mm; views of half a turn."""

    def __init__(self, size: int, degrees: np.ndarray) -> None:
        angles = torch.as_tensor(degrees, dtype=torch.float32)
        self.physics = Tomography(angles, size, circle=True, normalize=False)
        self.prior, self.blank = TVPrior(), torch.zeros(1, 1, size, size)

    def reconstruct(self, sinogram: np.ndarray, size: float, strength: float, turns: int) -> np.ndarray:
        """The image (H, W) ≥ 0 after some steps from 0; no objective is computed. size: ‖A‖."""
        physics, data = self.physics, torch.as_tensor(np.ascontiguousarray(sinogram.T))[None, None]
        tau, b = float(STEP), 8.0**0.5
        image = ahead = self.blank
        dual, field = torch.zeros_like(data), torch.zeros_like(self.prior.nabla(image))
        for _ in range(turns):
            dual = (dual + tau * (physics.A(ahead) - data) / size) / (1 + tau / size**2)
            field = field + tau * self.prior.nabla(ahead) / b
            lengths = field.norm(dim=-1, keepdim=True) / (strength * b)
            field = field / lengths.clamp(min=1)
            descent = physics.A_adjoint(dual) / size + self.prior.nabla_adjoint(field) / b
            image, before = (image - tau * descent).clamp(min=0), image
            ahead = 2 * image - before
        return np.asarray(image[0, 0].detach())

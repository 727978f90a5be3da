"""dipy's TissueClassifierHMRF: a Gaussian mixture of one channel with a Markov field, by iterated modes."""

import numpy as np


def segment(image: np.ndarray, mask: np.ndarray, n_components: int, beta: float = 0.1) -> np.ndarray:
    """Labels 1 … K inside the mask. image: (1, *spatial). beta: by default that of dipy's example."""
    from dipy.segment.tissue import TissueClassifierHMRF

    inside = image[0][mask]
    positive = (image[0] - inside.min()) / np.ptp(inside) + 0.1  # dipy takes 0 as background
    volume = np.where(mask, positive, 0.0)
    volume = volume.reshape(*mask.shape, *[1] * (3 - mask.ndim))
    _, labels, _ = TissueClassifierHMRF(verbose=False).classify(volume, n_components, beta)
    return np.where(mask, labels.reshape(mask.shape), 0).astype(np.uint8)

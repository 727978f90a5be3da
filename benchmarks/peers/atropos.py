"""ANTs Atropos: a Gaussian mixture with a Markov field, from K-means."""

import numpy as np


def segment(
    image: np.ndarray, mask: np.ndarray, n_components: int, beta: float, iterations: int = 50
) -> np.ndarray:
    """Labels 1 … K inside the mask. image: (M, *spatial). beta: weight of the Markov field, 3 pixels wide."""
    import ants

    channels = [ants.from_numpy(channel.astype("float32")) for channel in image]
    inside = ants.from_numpy(mask.astype("float32"))
    radius = "x".join("1" * mask.ndim)
    options = {"i": f"kmeans[{n_components}]", "m": f"[{beta},{radius}]", "c": f"[{iterations},1e-5]", "v": 0}
    found = ants.atropos(a=channels if len(channels) > 1 else channels[0], x=inside, **options)
    return np.rint(found["segmentation"].numpy()).astype(np.uint8)

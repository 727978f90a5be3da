"""ANTs Atropos: a Gaussian mixture with a Markov field, from K-means."""

import numpy as np


def segment(image: np.ndarray, mask: np.ndarray, n_components: int, beta: float) -> np.ndarray:
    """Labels 1 … K inside the mask. image: (M, H, W). beta: weight of the Markov field over 3×3 pixels."""
    import ants

    channels = [ants.from_numpy(channel.astype("float32")) for channel in image]
    inside = ants.from_numpy(mask.astype("float32"))
    options = {"i": f"kmeans[{n_components}]", "m": f"[{beta},1x1]", "c": "[50,1e-5]", "v": 0}
    found = ants.atropos(a=channels if len(channels) > 1 else channels[0], x=inside, **options)
    return np.rint(found["segmentation"].numpy()).astype(np.uint8)

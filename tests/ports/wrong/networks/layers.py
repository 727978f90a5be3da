"""Mistakes in `networks.layers`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "a convolution that flips its kernel",
        "    y = _correlate(patches, kernel)\n",
        "    y = _correlate(patches, kernel[::-1, ::-1])\n",
        "networks.layers.conv/three_by_three",
    ),
    Mistake(
        "padding by reflection",
        "padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)))",
        'padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)), mode="symmetric")',
        "networks.layers.conv/three_by_three",
    ),
    Mistake(
        "LeakyReLU′(0) is the slope",
        "np.where(x >= 0, 1.0, negative_slope)",
        "np.where(x > 0, 1.0, negative_slope)",
        "networks.layers.leaky_relu/zeros_have_slope_1",
    ),
    Mistake(
        "instance norm with the unbiased variance",
        "(centred**2).mean(axis=(1, 2), keepdims=True) + eps",
        "centred.var(axis=(1, 2), keepdims=True, ddof=1) + eps",
        "networks.layers.instance_norm/typical",
    ),
    Mistake(
        "instance norm with ε outside the root",
        "np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True) + eps)",
        "np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True)) + eps",
        "networks.layers.instance_norm/small_deviations",
    ),
    Mistake(
        "all maxima of a window get the gradient",
        "windows.argmax(axis=-1)[..., None] == np.arange(4)",
        "windows == windows.max(axis=-1)[..., None]",
        "networks.layers.max_pool/ties_go_to_the_first",
    ),
    Mistake(
        "bilinear upsampling",
        "return x.repeat(2, axis=1).repeat(2, axis=2), pullback",
        "from scipy.ndimage import zoom\n"
        '    return zoom(x, (1, 2, 2), order=1, grid_mode=True, mode="nearest"), pullback',
        "networks.layers.upsample/typical",
    ),
)

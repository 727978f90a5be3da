"""Mistakes in `networks.layers`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "a convolution that flips its kernel",
        "    y = _correlate(patches, kernel)\n",
        "    y = _correlate(patches, np.flip(kernel, tuple(range(len(axes)))))\n",
        "networks.layers.conv/three_by_three",
    ),
    Mistake(
        "padding by reflection",
        "padded = np.pad(x, ((0, 0), *((side // 2, side // 2) for side in sides)))",
        'padded = np.pad(x, ((0, 0), *((side // 2, side // 2) for side in sides)), mode="symmetric")',
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
        "(centred**2).mean(axis=axes, keepdims=True) + eps",
        "centred.var(axis=axes, keepdims=True, ddof=1) + eps",
        "networks.layers.instance_norm/typical",
    ),
    Mistake(
        "instance norm with ε outside the root",
        "np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)",
        "np.sqrt((centred**2).mean(axis=axes, keepdims=True)) + eps",
        "networks.layers.instance_norm/small_deviations",
    ),
    Mistake(
        "all maxima of a window get the gradient",
        "dx[place] = (first == number) * dy",
        "dx[place] = (windows[..., number] == windows.max(axis=-1)) * dy",
        "networks.layers.max_pool/ties_go_to_the_first",
    ),
    Mistake(
        "bilinear upsampling",
        "    return y, pullback\n",
        "    from scipy.ndimage import zoom\n"
        '    return zoom(x, (1, *factors), order=1, grid_mode=True, mode="nearest"), pullback\n',
        "networks.layers.upsample/typical",
    ),
    Mistake(
        "the adjoint of a convolution mirrors its kernel along two axes only",
        "np.flip(kernel, tuple(range(len(axes))))",
        "np.flip(kernel, (0, 1))",
        "networks.layers.conv/volume",
    ),
    Mistake(
        "a factor of 1 is not heard when growing",
        "factors = factor or (2,) * len(_spatial(x))\n    y = x\n",
        "factors = (2,) * len(_spatial(x))\n    y = x\n",
        "networks.layers.upsample/volume_of_thick_slices",
    ),
    Mistake(
        "windows are counted with the last axis slowest",
        "for starts in product(*map(range, factors))",
        "for starts in (each[::-1] for each in product(*map(range, factors[::-1])))",
        "networks.layers.max_pool/ties_go_to_the_first",
    ),
)

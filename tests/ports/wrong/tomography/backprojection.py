"""Mistakes in `tomography.backprojection`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "every view weighs alike",
        "(counted + np.roll(counted, 1)) / 2",
        "np.pi / len(angles)",
        "tomography.backprojection.angle_weights/in_any_order",
    ),
    Mistake(
        "angles are taken modulo a turn",
        "np.argsort(angles % np.pi, kind",
        "np.argsort(angles, kind",
        "tomography.backprojection.angle_weights/in_any_order",
    ),
    Mistake(
        "the filter is |ρ|",
        "np.fft.rfft(kernel).real",
        "np.fft.rfftfreq(length)",
        "tomography.backprojection.sharpen/ram_lak",
    ),
    Mistake(
        "views are not padded",
        "2 ** int(np.ceil(np.log2(2 * sinogram.shape[1])))",
        "sinogram.shape[1]",
        "tomography.backprojection.sharpen/ram_lak",
    ),
    Mistake(
        "the cutoff does not stretch the window",
        "np.minimum(frequency / cutoff, 1)",
        "np.minimum(frequency, 1)",
        "tomography.backprojection.sharpen/hann_cut_off",
    ),
    Mistake(
        "a fan is smeared as if it were parallel",
        "    if geometry.divergence:\n",
        "    if geometry.divergence < 0:\n",
        "tomography.backprojection.filtered_backprojection/fan_of_a_turn",
    ),
)

"""Ports with one plausible mistake each: the reference with a line written otherwise."""

import shutil
from pathlib import Path
from typing import NamedTuple

import deepmix.reference
from deepmix.conformance.ports import Port, load_folder


class Mistake(NamedTuple):
    """What is wrong: in a file of the reference, `right` (which stands there once) is written `wrong`.

    caught_by: the case that must fail.
    """

    name: str
    file: str
    right: str
    wrong: str
    caught_by: str


MISTAKES = (
    Mistake(
        "the floor is dropped",
        "gaussian",
        "matrices = scatter + np.diag(floor)",
        "matrices = scatter",
        "gaussian.moments/one_pixel_a_class",
    ),
    Mistake(
        "the floor is absolute",
        "gaussian",
        "np.where(constant, 1e-12, 1e-6 * variance)",
        "np.full(len(pixels), 1e-6)",
        "gaussian.variance_floor/all_pixels",
    ),
    Mistake(
        "a constant channel has no floor",
        "gaussian",
        "np.where(constant, 1e-12, 1e-6 * variance)",
        "1e-6 * variance",
        "gaussian.variance_floor/constant_channel",
    ),
    Mistake(
        "the variance is divided by n − 1",
        "gaussian",
        "scatter[k] = (share * deviation) @ deviation.T",
        "scatter[k] = (share * deviation) @ deviation.T * counts[k] / (counts[k] - 1)",
        "gaussian.moments/diag",
    ),
    Mistake(
        "E[x²] − E[x]²",
        "gaussian",
        "scatter[k] = (share * deviation) @ deviation.T",
        "scatter[k] = (share * pixels) @ pixels.T - np.outer(means[k], means[k])",
        "gaussian.moments/far_from_zero",
    ),
    Mistake(
        "products of densities, not sums of logarithms",
        "gaussian",
        "log_likelihood = logsumexp(log_joint, axis=0)",
        "log_likelihood = np.log((np.exp(log_proportions) * np.exp(log_densities)).sum(axis=0))",
        "gaussian.posterior/far_away",
    ),
    Mistake(
        "log(sum + ε)",
        "gaussian",
        "log_likelihood = logsumexp(log_joint, axis=0)",
        "log_likelihood = np.log(np.exp(log_joint).sum(axis=0) + 1e-10)",
        "gmm.nll/class_with_proportion_0",
    ),
    Mistake(
        "the posterior is not normalised",
        "gaussian",
        "return np.exp(log_joint - log_likelihood), log_likelihood",
        "return np.exp(log_joint), log_likelihood",
        "svgmm.e_step/diag",
    ),
    Mistake(
        "the constant of the density is forgotten",
        "gaussian",
        "n_channels * np.log(2 * np.pi) + log_det",
        "log_det",
        "gaussian.log_density/one_pixel",
    ),
    Mistake(
        "the determinant is that of the Cholesky factor",
        "gaussian",
        "log_det = 2 * np.log",
        "log_det = np.log",
        "gaussian.log_density/full",
    ),
    Mistake(
        "an empty class gets no moments",
        "gaussian",
        "np.where(kept, previous.covariances, covariances)",
        "covariances",
        "gaussian.moments/empty_class_full",
    ),
    Mistake(
        "tied covariances are averaged over classes",
        "gaussian",
        'np.einsum("k,kij->ij", np.where(degenerate, 0, counts), scatter) / counts[~degenerate].sum()',
        "scatter.mean(axis=0)",
        "gaussian.moments/tied",
    ),
    Mistake(
        "spherical covariances are summed over channels",
        "gaussian",
        "covariances = covariances.mean(axis=1)",
        "covariances = covariances.sum(axis=1)",
        "gaussian.moments/spherical",
    ),
    Mistake(
        "the mask is ignored in the moments",
        "gaussian",
        "    counts = responsibilities @ weights\n",
        "    weights = np.ones_like(weights)\n    counts = responsibilities @ weights\n",
        "gaussian.moments/weights_with_zeros_diag",
    ),
    Mistake(
        "the NLL is averaged over all pixels",
        "em",
        "-(weights @ log_likelihood) / weights.sum()",
        "-(weights @ log_likelihood) / weights.size",
        "em.mean_nll/weights_with_zeros",
    ),
    Mistake(
        "the parameters returned are those after the NLL",
        "em",
        "return Fit(mixture, responsibilities",
        "mixture, _ = m_step(pixels, responsibilities, weights, floor, mixture, covariance_type)\n"
        "    return Fit(mixture, responsibilities",
        "gmm.fit/five_steps_diag",
    ),
    Mistake(
        "the NLL reported is that of the iteration before",
        "em",
        "labels, nll, np.array(history)",
        "labels, history[max(len(history) - 2, 0)], np.array(history)",
        "gmm.fit/until_it_settles",
    ),
    Mistake(
        "a rise of the NLL does not end EM",
        "em",
        "if len(history) > 1 and history[-2] - history[-1] < tol:",
        "if len(history) > 1 and abs(history[-2] - history[-1]) < tol:",
        "gmm.fit/floor_that_raises_the_nll",
    ),
    Mistake(
        "broken parameters are returned",
        "em",
        "if status != Status.non_finite or len(history) == 1:",
        "if True:",
        "svgmm.fit/class_that_shrinks_to_a_point",
    ),
    Mistake(
        "an iteration too many",
        "em",
        "if len(history) > max_iter else",
        "if len(history) > max_iter + 1 else",
        "gmm.fit/no_step",
    ),
    Mistake(
        "NaN outside the mask spreads",
        "checks",
        "    if usable.all():\n",
        "    if True:\n",
        "gmm.fit/weights_with_zeros",
    ),
    Mistake(
        "NaN inside the mask is accepted",
        "checks",
        "    if bad.any():\n",
        "    if False:\n",
        "svgmm.fit/rejects_nan_inside",
    ),
    Mistake(
        "proportions of the M-step are equal",
        "gmm",
        "np.where(found.degenerate, 0, found.counts / weights.sum())",
        "np.full(len(found.counts), 1 / len(found.counts))",
        "gmm.m_step/diag",
    ),
    Mistake(
        "SVGMM forgets the proportions of the pixels",
        "svgmm",
        "return Mixture(responsibilities, found.means, found.covariances), found",
        "return Mixture(previous.proportions, found.means, found.covariances), found",
        "svgmm.m_step/diag",
    ),
    Mistake(
        "a convolution that flips its kernel",
        "layers",
        "    y = _correlate(patches, kernel)\n",
        "    y = _correlate(patches, kernel[::-1, ::-1])\n",
        "layers.conv/three_by_three",
    ),
    Mistake(
        "padding by reflection",
        "layers",
        "padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)))",
        'padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)), mode="symmetric")',
        "layers.conv/three_by_three",
    ),
    Mistake(
        "LeakyReLU′(0) is the slope",
        "layers",
        "np.where(x >= 0, 1.0, negative_slope)",
        "np.where(x > 0, 1.0, negative_slope)",
        "layers.leaky_relu/zeros_have_slope_1",
    ),
    Mistake(
        "instance norm with the unbiased variance",
        "layers",
        "(centred**2).mean(axis=(1, 2), keepdims=True) + eps",
        "centred.var(axis=(1, 2), keepdims=True, ddof=1) + eps",
        "layers.instance_norm/typical",
    ),
    Mistake(
        "instance norm with ε outside the root",
        "layers",
        "np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True) + eps)",
        "np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True)) + eps",
        "layers.instance_norm/small_deviations",
    ),
    Mistake(
        "all maxima of a window get the gradient",
        "layers",
        "windows.argmax(axis=-1)[..., None] == np.arange(4)",
        "windows == windows.max(axis=-1)[..., None]",
        "layers.max_pool/ties_go_to_the_first",
    ),
    Mistake(
        "bilinear upsampling",
        "layers",
        "return x.repeat(2, axis=1).repeat(2, axis=2), pullback",
        "from scipy.ndimage import zoom\n"
        '    return zoom(x, (1, 2, 2), order=1, grid_mode=True, mode="nearest"), pullback',
        "layers.upsample/typical",
    ),
    Mistake(
        "the skip stands before what comes from below",
        "unet",
        "np.concatenate([x, skips[level]])",
        "np.concatenate([skips[level], x])",
        "unet.unet/one_pooling",
    ),
    Mistake(
        "the last LeakyReLU of the block is forgotten",
        "unet",
        "    x, pull_last = layers.leaky_relu(x, negative_slope)\n",
        "    pull_last = lambda dy: dy  # noqa: E731\n",
        "unet.block/typical",
    ),
    Mistake(
        "ε inside the root of Adam",
        "adamw",
        "np.sqrt(v_hat) + eps",
        "np.sqrt(v_hat + eps)",
        "adamw.update/tiny_gradient",
    ),
    Mistake(
        "Adam without bias correction",
        "adamw",
        "m / (1 - b1**t), v / (1 - b2**t)",
        "m, v",
        "adamw.update/first_step",
    ),
    Mistake(
        "coupled weight decay",
        "adamw",
        "    t = state.count + 1\n",
        "    t = state.count + 1\n"
        "    gradient = tree_map(lambda g, p: g + weight_decay * p, gradient, parameters)\n"
        "    weight_decay = 0.0\n",
        "adamw.update/later_step",
    ),
    Mistake(
        "leaves are clipped one by one",
        "adamw",
        "return gradient if norm < max_norm else tree_map(lambda g: g / norm * max_norm, gradient)",
        "return tree_map(lambda g: g * min(1, max_norm / np.sqrt((g**2).sum())), gradient)",
        "adamw.clip/long",
    ),
    Mistake(
        "the learning rate falls linearly",
        "adamw",
        "(1 - epoch / n_epochs) ** 0.9",
        "(1 - epoch / n_epochs)",
        "adamw.polynomial_decay/middle",
    ),
    Mistake(
        "the gradient is held where it should go through",
        "deep",
        'if model.m_step_gradient == "through":',
        "if False:",
        "deep.loss_and_gradient/deepsvg_through_diag",
    ),
    Mistake(
        "the gradient goes through where it is held",
        "deep",
        'if model.m_step_gradient == "through":',
        "if True:",
        "deep.loss_and_gradient/deepsvg_held",
    ),
    Mistake(
        "the M-step takes the posterior always",
        "deep",
        'if model.m_step_weights == "posterior":',
        "if True:",
        "deep.loss/deepsvg_through_diag",
    ),
    Mistake(
        "deepG's proportions ignore the mask",
        "deep",
        "mean_proportions = proportions @ w / w.sum()",
        "mean_proportions = proportions.mean(axis=1)",
        "deep.loss/deepg_through_diag",
    ),
    Mistake(
        "the parameters returned are those after the step",
        "deep",
        "kept = state.parameters, evaluation",
        "kept = following.parameters, evaluation",
        "deep.fit/deepsvg_five_steps",
    ),
    Mistake(
        "a rise of the NLL ends the deep loop",
        "deep",
        "abs(history[t - 1] - history[t])",
        "history[t - 1] - history[t]",
        "deep.fit/a_rise_does_not_stop",
    ),
    Mistake(
        "the gradient is not clipped",
        "deep",
        "    gradient = adamw.clip(gradient, optimization.max_norm)\n",
        "",
        "deep.step/later_and_clipped",
    ),
    Mistake(
        "the label rule is ignored",
        "deep",
        'evaluation.posterior if model.label_rule == "posterior" else evaluation.proportions',
        "evaluation.proportions",
        "deep.fit/posterior_weights_and_labels",
    ),
    Mistake(
        "the warm start ignores the mask",
        "deep",
        "pullback(weights / weights.sum() * (proportions - target))",
        "pullback((proportions - target) / weights.size)",
        "deep.warm_start/five_steps",
    ),
    Mistake(
        "total variation crosses the border of the mask",
        "regularizers",
        "pairs = pairs[1:] & pairs[:-1]",
        "pairs = pairs[1:] | pairs[:-1]",
        "regularizers.total_variation/weights_with_zeros",
    ),
    Mistake(
        "|·|′(0) is 1",
        "regularizers",
        "along[:, 1:] += np.sign(steps) / total",
        "along[:, 1:] += np.where(steps == 0, 1, np.sign(steps)) / total",
        "regularizers.total_variation/steps",
    ),
    Mistake(
        "the mean prior's gradient lacks its factor",
        "regularizers",
        "_through_means(2 * offset, proportions",
        "_through_means(offset, proportions",
        "regularizers.mean_prior/typical",
    ),
    Mistake(
        "the spacing is forgotten",
        "distances",
        "steps = np.ones(mask.ndim) if spacing is None else np.asarray(spacing)",
        "steps = np.ones(mask.ndim)",
        "distances.squared_distance_transform/volume_of_thick_slices",
    ),
    Mistake(
        "the nearest voxel is sought in whole voxels, without their spacing",
        "distances",
        "distance_transform_edt(mask, steps, ",
        "distance_transform_edt(mask, None, ",
        "distances.squared_distance_transform/nearer_down_than_across",
    ),
    Mistake(
        "a weighted mean is divided by the number of pixels",
        "losses",
        "return _average(mask * weighted.sum(axis=0), reduction)",
        "return mask * weighted.sum(axis=0) * _average(mask * truth.max(axis=0), reduction)",
        "losses.cross_entropy/class_weights",
    ),
    Mistake(
        "pixels are hard whose largest proportion is small",
        "losses",
        "hard = (proportions * truth).sum(axis=0) < threshold",
        "hard = proportions.max(axis=0) < threshold",
        "losses.top_k_cross_entropy/all_known",
    ),
    Mistake(
        "the focal factor is a constant of the gradient",
        "losses",
        "slope = wrong**gamma / right - gamma * wrong ** (gamma - 1) * np.log(right)",
        "slope = wrong**gamma / right",
        "losses.focal/all_known",
    ),
    Mistake(
        "false positives and false negatives are mixed up",
        "losses",
        "alpha * (predicted - both) + beta * (true - both) + smooth",
        "alpha * (true - both) + beta * (predicted - both) + smooth",
        "losses.tversky/all_known",
    ),
    Mistake(
        "a class without truth has the loss 1",
        "losses",
        "return (true > 0) & _included(",
        "return (true >= 0) & _included(",
        "losses.soft_iou/a_class_without_truth",
    ),
    Mistake(
        "only the denominator is smoothed",
        "losses",
        "above = both + smooth",
        "above = both",
        "losses.soft_dice/smoothed_sum_without_background",
    ),
    Mistake(
        "classes weigh 1 over their size, not over its square",
        "losses",
        "np.where(present, true, 1) ** 2",
        "np.where(present, true, 1)",
        "losses.generalised_dice/all_known",
    ),
    Mistake(
        "distances are not squared",
        "losses",
        "return np.where(np.isfinite(squared), squared, 0)",
        "return np.where(np.isfinite(squared), np.sqrt(squared), 0)",
        "losses.hausdorff/all_known",
    ),
    Mistake(
        "what is not known counts as the other side of a border",
        "losses",
        "(counted > 0) & (proportions >= 0.5)",
        "(proportions >= 0.5)",
        "losses.hausdorff/a_class_without_truth",
    ),
    Mistake(
        "images that only fill a batch up count",
        "training",
        "return batch.shares / batch.shares.sum()",
        "return np.full(len(batch.shares), 1 / len(batch.shares))",
        "training.loss/deepsvg_one_fills_up",
    ),
    Mistake(
        "the prior of a batch sees images that only fill it up",
        "regularizers",
        "shares = batch.shares / batch.shares.sum()",
        "shares = np.full(len(batch.shares), 1 / len(batch.shares))",
        "regularizers.mean_prior_of_batch/one_fills_up",
    ),
    Mistake(
        "training may end one epoch too early",
        "training",
        "if epoch > training.min_epochs and",
        "if epoch >= training.min_epochs and",
        "training.ended/too_early_to_settle",
    ),
    Mistake(
        "fan_in counts the filters that come out",
        "initialization",
        '1 / np.sqrt(np.prod(layer["kernel"][:3]))',
        '1 / np.sqrt(np.prod(layer["kernel"][:2]) * layer["kernel"][3])',
        "initialization.unet_parameters/one_pooling",
    ),
    Mistake(
        "plain k-means++, not greedy",
        "initialization",
        "best = (left @ weights).argmin()",
        "best = 0",
        "initialization.kmeans/diag",
    ),
    Mistake(
        "greedy label matching",
        "metrics",
        "rows, columns = linear_sum_assignment(scores, maximize=True)",
        "rows = np.argsort(-scores.max(axis=1))\n"
        "    free = list(range(n_classes))\n"
        "    columns = np.array([free.pop(int(scores[row, free].argmax())) for row in rows[:n_classes]])\n"
        "    rows = rows[:n_classes]",
        "metrics.match_classes/the_best_pair_is_no_part_of_the_best_matching",
    ),
    Mistake(
        "Dice of two empty masks is 0",
        "metrics",
        "return part / whole if whole else empty",
        "return part / max(whole, 1)",
        "metrics.dice/both_empty",
    ),
    Mistake(
        "pixels without a true class are left out",
        "metrics",
        "return _ratio(2 * tp, 2 * tp + fp + fn, empty)",
        "return _ratio(2 * tp, 2 * tp + fn, empty)",
        "metrics.dice_matrix/true_zeros_are_false_positives",
    ),
    Mistake(
        "β weighs the precision",
        "metrics",
        "beta**2 * fn + fp",
        "fn + beta**2 * fp",
        "metrics.f_beta/overlap",
    ),
    Mistake(
        "precision counts what was missed",
        "metrics",
        "return _ratio(tp, tp + fp, empty)",
        "return _ratio(tp, tp + fp + fn, empty)",
        "metrics.precision/overlap",
    ),
    Mistake(
        "pixels without a predicted class are left out",
        "clusterings",
        "inside = truth > 0",
        "inside = (truth > 0) & (labels > 0)",
        "clusterings.contingency_table/some_without_a_class",
    ),
    Mistake(
        "the Rand index is not adjusted",
        "clusterings",
        "return (together - by_chance) / ((of_labels + of_truth) / 2 - by_chance)",
        "return 1 - (of_labels + of_truth - 2 * together) / of_all",
        "clusterings.adjusted_rand_index/some_without_a_class",
    ),
    Mistake(
        "the mutual information is normalised by the joint entropy",
        "clusterings",
        "2 - 2 * joint / both",
        "both / joint - 1",
        "clusterings.normalized_mutual_information/some_without_a_class",
    ),
    Mistake(
        "the border of the image is no surface",
        "surfaces",
        "binary_erosion(mask)",
        "binary_erosion(mask, border_value=1)",
        "surfaces.surface/up_to_the_border",
    ),
    Mistake(
        "the Hausdorff distance is directed",
        "surfaces",
        "return max(np.percentile(there, percentile), np.percentile(back, percentile))",
        "return np.percentile(there, percentile)",
        "surfaces.hausdorff/far_pixel_of_the_truth",
    ),
    Mistake(
        "one percentile of both directions",
        "surfaces",
        "max(np.percentile(there, percentile), np.percentile(back, percentile))",
        "np.percentile(np.concatenate([there, back]), percentile)",
        "surfaces.hausdorff/far_pixel_95",
    ),
    Mistake(
        "a missed structure has the distance 0",
        "surfaces",
        "return np.inf if there.size or back.size else empty",
        "return 0.0 if there.size or back.size else empty",
        "surfaces.hausdorff/nothing_predicted",
    ),
    Mistake(
        "the symmetric average is that of two averages",
        "surfaces",
        "(there.sum() + back.sum()) / (there.size + back.size)",
        "(there.mean() + back.mean()) / 2",
        "surfaces.average_symmetric_surface_distance/far_pixel",
    ),
    Mistake(
        "memberships weigh without their power",
        "fcm",
        "np.where(empty, 1, highest)[:, None]) ** fuzzifier",
        "np.where(empty, 1, highest)[:, None])",
        "fcm.centres/published_fuzzifier",
    ),
    Mistake(
        "the power of distances is that of squared distances",
        "fcm",
        "ratio ** (1 / (fuzzifier - 1))",
        "ratio ** (2 / (fuzzifier - 1))",
        "fcm.memberships/published_fuzzifier",
    ),
    Mistake(
        "a pixel on a centre belongs to the first class alone",
        "fcm",
        "np.where(on_centre.any(axis=0), on_centre, ratio",
        "np.where(on_centre.any(axis=0), on_centre & (on_centre.cumsum(axis=0) == 1), ratio",
        "fcm.memberships/pixel_on_two_centres",
    ),
    Mistake(
        "a class without a member has its centre at 0",
        "fcm",
        "np.where(empty[:, None], previous, found), empty",
        "found, empty",
        "fcm.centres/class_without_a_member",
    ),
    Mistake(
        "J counts memberships, not their powers",
        "fcm",
        "(memberships**fuzzifier * squared_distances",
        "(memberships * squared_distances",
        "fcm.objective/published_fuzzifier",
    ),
    Mistake(
        "scores are not scaled by √d",
        "attention",
        "scale = np.sqrt(keys.shape[1])",
        "scale = 1.0",
        "attention.weights/all",
    ),
    Mistake(
        "scores are scaled by the number of keys",
        "attention",
        "scale = np.sqrt(keys.shape[1])",
        "scale = np.sqrt(keys.shape[0])",
        "attention.weights/all",
    ),
    Mistake(
        "padding takes part in the softmax",
        "attention",
        "there = np.ones(logits.shape[-1], bool) if mask is None else mask",
        "there = np.ones(logits.shape[-1], bool)",
        "attention.pooling/padded",
    ),
    Mistake(
        "the gate has no gradient",
        "attention",
        'slopes["gate"] = dgated * hidden * gate * (1 - gate)',
        'slopes["gate"] = 0 * dgated',
        "attention.pooling/all_gated",
    ),
)


def port_of(folder: Path, mistake: Mistake | None) -> Port:
    """A copy of the reference with the mistake (None: without), in a new folder, as a port.

    Raises ValueError if what the mistake replaces does not stand in the file exactly once.
    """
    shutil.copytree(deepmix.reference.__path__[0], folder, ignore=shutil.ignore_patterns("__pycache__"))
    if mistake is not None:
        file = folder / f"{mistake.file}.py"
        text = file.read_text(encoding="utf-8")
        if text.count(mistake.right) != 1:
            raise ValueError(f"{mistake.file}.py holds {text.count(mistake.right)} times: {mistake.right}")
        file.write_text(text.replace(mistake.right, mistake.wrong), encoding="utf-8")
    return Port(load_folder(folder, f"wrong_port_{MISTAKES.index(mistake) if mistake else 'none'}"), None)

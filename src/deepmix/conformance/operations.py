"""The functions that a port can offer: equations, names of what they return, how close it must come."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from . import magnitudes
from .tolerances import BACKWARD, EXACT, Rule, backward, counted, relative


class Operation(NamedTuple):
    """A public function of `reference` as the kit sees it.

    name: module and function. equations: labels of reference/README.md.
    result: names of what it returns, in order; a record's fields stand below its name.
    rule: how close the floating outputs must come (integers and booleans: exactly).
    rules: other rules for single outputs, by name.
    pullback: where it returns (value, pullback), the names of the gradients that the pullback returns; the
        case has a `cotangent` among its inputs, and the gradients stand below `pullback/`.
    optional: not asked for by `--require all`, since a port may do without: a helper, or a part of the
        hand-written gradient that automatic differentiation replaces.
    """

    name: str
    equations: tuple[str, ...]
    result: tuple[str, ...]
    rule: Rule = BACKWARD
    rules: Mapping[str, Rule] = MappingProxyType({})
    pullback: tuple[str, ...] = ()
    optional: bool = False


POSTERIOR = {"responsibilities": backward(magnitudes.probability("responsibilities"))}
E_STEP = ("responsibilities", "log_likelihood")
EVALUATED = ("loss", "evaluation")
WITH_GRADIENT = ("value", "gradient")

_ALL = (
    Operation("mixtures.gaussian.log_density", ("G1",), ("log_densities",)),
    Operation("mixtures.gaussian.posterior", ("EM1", "SV2"), E_STEP, rules=POSTERIOR),
    Operation("mixtures.gaussian.safe_log", ("EM1",), ("logarithms",), relative(4), optional=True),
    Operation("mixtures.gaussian.moments", ("G2", "G3"), ("moments",)),
    Operation("mixtures.gaussian.blend", ("VE3",), ("mixture",)),
    Operation("mixtures.gaussian.global_mixture", ("G2", "G3"), ("mixture",)),
    Operation("mixtures.gaussian.variance_floor", ("G3",), ("floor",)),
    Operation("mixtures.gaussian.covariance_matrices", ("G2",), ("matrices",), EXACT, optional=True),
    Operation("mixtures.gaussian.log_density_pullback", ("DG5",), ("means", "covariances"), optional=True),
    Operation("mixtures.gaussian.moments_pullback", ("DG5", "G2"), ("responsibilities",), optional=True),
    Operation("mixtures.em.mean_nll", ("EM2", "SV1"), ("nll",), counted(magnitudes.mean_nll)),
    Operation("mixtures.gmm.e_step", ("EM1",), E_STEP, rules=POSTERIOR),
    Operation("mixtures.gmm.m_step", ("EM3", "G2", "G3"), ("mixture", "moments")),
    Operation("mixtures.gmm.nll", ("EM2",), ("nll",)),
    Operation("mixtures.gmm.fit", ("EM1", "EM2", "EM3", "EM4", "G3"), ("fit",)),
    Operation("mixtures.svgmm.e_step", ("SV2",), E_STEP, rules=POSTERIOR),
    Operation("mixtures.svgmm.m_step", ("SV3", "G2"), ("mixture", "moments")),
    Operation("mixtures.svgmm.nll", ("SV1",), ("nll",)),
    Operation("mixtures.svgmm.begin", ("SV3",), ("mixture",)),
    Operation("mixtures.svgmm.fit", ("SV1", "SV2", "SV3"), ("fit",)),
    Operation("mixtures.hmrf.neighbour_sum", ("SV4",), ("sums",)),
    Operation("mixtures.hmrf.colours", ("SV4",), ("colours",)),
    Operation(
        "mixtures.hmrf.sweep",
        ("SV4",),
        ("responsibilities",),
        rules=POSTERIOR,
    ),
    Operation("mixtures.hmrf.free_energy", ("SV4",), ("energy",)),
    Operation("mixtures.hmrf.pseudo_nll", ("SV5",), ("nll",)),
    Operation("mixtures.hmrf.fit", ("SV4", "SV5"), ("fit",)),
    Operation("mixtures.initialization.random_responsibilities", ("EM3",), ("mixture",)),
    Operation("mixtures.initialization.random_memberships", ("FC2",), ("memberships",), relative(8)),
    Operation("mixtures.initialization.kmeans", ("EM3",), ("mixture",)),
    Operation("mixtures.initialization.from_labels", ("EM3",), ("mixture",)),
    Operation("mixtures.initialization.from_means", ("EM3",), ("mixture",)),
    Operation("mixtures.initialization.from_responsibilities", ("EM3",), ("mixture",)),
    Operation("networks.parameters.unet_parameters", ("U0",), ("parameters",)),
    Operation(
        "networks.layers.conv",
        ("U1",),
        ("value",),
        rules={
            "value": counted(magnitudes.conv("value")),
            **{f"pullback/{name}": counted(magnitudes.conv(name)) for name in ("x", "kernel", "bias")},
        },
        pullback=("x", "kernel", "bias"),
    ),
    Operation("networks.layers.leaky_relu", ("U1",), ("value",), relative(2), pullback=("x",)),
    Operation("networks.layers.instance_norm", ("U1",), ("value",), pullback=("x", "scale", "shift")),
    Operation("networks.layers.max_pool", ("U2",), ("value",), EXACT, pullback=("x",)),
    Operation(
        "networks.layers.upsample",
        ("U3",),
        ("value",),
        EXACT,
        {"pullback/x": counted(magnitudes.upsample)},
        pullback=("x",),
    ),
    Operation(
        "networks.layers.softmax",
        ("U4",),
        ("value",),
        rules={"value": backward(magnitudes.probability("value"))},
        pullback=("logits",),
    ),
    Operation("networks.unet.block", ("U1",), ("value",), pullback=("parameters", "x")),
    Operation("networks.unet.unet", ("U1", "U2", "U3", "U4"), ("value",), pullback=("parameters", "image")),
    Operation("optimization.adamw.init", ("U5",), ("state",), EXACT),
    Operation("optimization.adamw.clip", ("U6",), ("gradient",)),
    Operation("optimization.adamw.update", ("U5",), ("parameters", "state")),
    Operation("optimization.schedules.polynomial_decay", ("U7",), ("learning_rate",)),
    Operation(
        "deep_mixtures.regularizers.total_variation",
        ("R2",),
        WITH_GRADIENT,
        rules={
            "value": counted(magnitudes.total_variation),
            "gradient": counted(magnitudes.total_variation_gradient),
        },
    ),
    Operation("deep_mixtures.regularizers.mean_prior", ("R1", "DG5"), WITH_GRADIENT),
    Operation("deep_mixtures.regularizers.mean_prior_of_batch", ("R1", "DG5"), WITH_GRADIENT),
    Operation("evaluation.distances.squared_distance_transform", ("DT1",), ("squared",), relative(8)),
    Operation("losses.segmentation.cross_entropy", ("LO1", "TR4"), WITH_GRADIENT),
    Operation("losses.segmentation.top_k_cross_entropy", ("LO2",), WITH_GRADIENT),
    Operation("losses.segmentation.focal", ("LO3",), WITH_GRADIENT),
    Operation("losses.segmentation.tversky", ("LO4",), WITH_GRADIENT),
    Operation("losses.segmentation.soft_dice", ("LO5", "TR4"), WITH_GRADIENT),
    Operation("losses.segmentation.soft_iou", ("LO5",), WITH_GRADIENT),
    Operation("losses.segmentation.generalised_dice", ("LO6",), WITH_GRADIENT),
    Operation("losses.segmentation.hausdorff", ("LO7",), WITH_GRADIENT),
    Operation("deep_mixtures.one_image.free_energy", ("VE1", "VE4"), ("free_energy",)),
    Operation("deep_mixtures.one_image.begin", ("DG3", "G3"), ("state",)),
    Operation("deep_mixtures.one_image.loss", ("DG2", "DG3", "SV1", "EM2", "VE1", "VE3", "G3"), EVALUATED),
    Operation(
        "deep_mixtures.one_image.loss_and_gradient", ("DG1", "DG4", "DG5", "VE2", "VE4"), (*EVALUATED, "gradient")
    ),
    Operation("deep_mixtures.one_image.step", ("DG1", "DG2", "DG3", "VE3"), ("state", "evaluation")),
    Operation("deep_mixtures.one_image.fit", ("DG1", "DG2", "DG3", "VE1", "VE3"), ("fit",)),
    Operation("deep_mixtures.one_image.warm_start", ("DG6",), ("parameters",)),
    Operation("deep_mixtures.many_images.loss", ("TR1", "TR4"), ("loss", "evaluations")),
    Operation("deep_mixtures.many_images.loss_and_gradient", ("TR1", "TR4"), ("loss", "evaluations", "gradient")),
    Operation("deep_mixtures.many_images.step", ("TR2",), ("state", "evaluations")),
    Operation("deep_mixtures.many_images.ended", ("TR2",), ("status",), EXACT),
    Operation("deep_mixtures.many_images.predict", ("TR3",), ("prediction",)),
    Operation("evaluation.overlap.dice", ("EV1",), ("dice",), relative(4)),
    Operation("evaluation.overlap.dice_matrix", ("EV1",), ("dice",), relative(4)),
    Operation("evaluation.overlap.match_classes", ("EV2",), ("matched",)),
    Operation("evaluation.overlap.iou", ("EV3",), ("iou",), relative(4)),
    Operation("evaluation.overlap.sensitivity", ("EV3",), ("sensitivity",), relative(4)),
    Operation("evaluation.overlap.specificity", ("EV3",), ("specificity",), relative(4)),
    Operation("evaluation.overlap.precision", ("EV3",), ("precision",), relative(4)),
    Operation("evaluation.overlap.f_beta", ("EV3",), ("f_beta",), relative(16)),
    Operation("evaluation.overlap.volumetric_similarity", ("EV3",), ("volumetric_similarity",), relative(16)),
    Operation("evaluation.clusterings.contingency_table", ("EV4",), ("table",)),
    Operation("evaluation.clusterings.adjusted_rand_index", ("EV4",), ("index",), counted(magnitudes.agreement)),
    Operation(
        "evaluation.clusterings.normalized_mutual_information",
        ("EV5",),
        ("information",),
        counted(magnitudes.agreement),
    ),
    Operation("evaluation.surfaces.surface", ("EV6",), ("surface",)),
    Operation("evaluation.surfaces.surface_distances", ("EV6",), ("there", "back"), relative(8)),
    Operation("evaluation.surfaces.hausdorff", ("EV7",), ("distance",), relative(64)),
    Operation("evaluation.surfaces.average_surface_distance", ("EV8",), ("distance",), relative(64)),
    Operation("evaluation.surfaces.average_symmetric_surface_distance", ("EV8",), ("distance",), relative(64)),
    Operation("evaluation.surfaces.surface_dice", ("EV9",), ("dice",), relative(4)),
    Operation("mixtures.fcm.centres", ("FC1",), ("centres", "degenerate")),
    Operation("mixtures.fcm.memberships", ("FC2",), ("memberships",)),
    Operation("mixtures.fcm.squared_distances", ("FC1",), ("squared",)),
    Operation("mixtures.fcm.objective", ("FC1",), ("objective",)),
    Operation("mixtures.fcm.partition_coefficient", ("FC4",), ("coefficient",)),
    Operation("mixtures.fcm.fit", ("FC1", "FC2", "FC3", "FC4"), ("fit",)),
    Operation("networks.attention.weights", ("AT1",), ("value",), pullback=("queries", "keys")),
    Operation("networks.attention.dot_product", ("AT1",), ("value",), pullback=("queries", "keys", "values")),
    Operation("networks.attention.self_attention", ("AT1",), ("value",), pullback=("parameters", "x")),
    Operation("networks.attention.pooling_weights", ("AT2", "AT3"), ("value",), pullback=("parameters", "bag")),
    Operation("networks.attention.pooling", ("AT2", "AT3"), ("value",), pullback=("parameters", "bag")),
)

OPERATIONS = {operation.name: operation for operation in _ALL}

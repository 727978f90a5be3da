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
    Operation("gaussian.log_density", ("G1",), ("log_densities",)),
    Operation("gaussian.posterior", ("EM1", "SV2"), E_STEP, rules=POSTERIOR),
    Operation("gaussian.safe_log", ("EM1",), ("logarithms",), relative(4), optional=True),
    Operation("gaussian.moments", ("G2", "G3"), ("moments",)),
    Operation("gaussian.blend", ("VE3",), ("mixture",)),
    Operation("gaussian.global_mixture", ("G2", "G3"), ("mixture",)),
    Operation("gaussian.variance_floor", ("G3",), ("floor",)),
    Operation("gaussian.covariance_matrices", ("G2",), ("matrices",), EXACT, optional=True),
    Operation("gaussian.log_density_pullback", ("DG5",), ("means", "covariances"), optional=True),
    Operation("gaussian.moments_pullback", ("DG5", "G2"), ("responsibilities",), optional=True),
    Operation("em.mean_nll", ("EM2", "SV1"), ("nll",), counted(magnitudes.mean_nll)),
    Operation("gmm.e_step", ("EM1",), E_STEP, rules=POSTERIOR),
    Operation("gmm.m_step", ("EM3", "G2", "G3"), ("mixture", "moments")),
    Operation("gmm.nll", ("EM2",), ("nll",)),
    Operation("gmm.fit", ("EM1", "EM2", "EM3", "EM4", "G3"), ("fit",)),
    Operation("svgmm.e_step", ("SV2",), E_STEP, rules=POSTERIOR),
    Operation("svgmm.m_step", ("SV3", "G2"), ("mixture", "moments")),
    Operation("svgmm.nll", ("SV1",), ("nll",)),
    Operation("svgmm.begin", ("SV3",), ("mixture",)),
    Operation("svgmm.fit", ("SV1", "SV2", "SV3"), ("fit",)),
    Operation("hmrf.neighbour_sum", ("SV4",), ("sums",)),
    Operation("hmrf.colours", ("SV4",), ("colours",)),
    Operation(
        "hmrf.sweep",
        ("SV4",),
        ("posterior",),
        rules={"posterior": backward(magnitudes.probability("posterior"))},
    ),
    Operation("hmrf.free_energy", ("SV4",), ("energy",)),
    Operation("hmrf.pseudo_nll", ("SV5",), ("nll",)),
    Operation("hmrf.fit", ("SV4", "SV5"), ("fit",)),
    Operation("initialization.random_responsibilities", ("EM3",), ("mixture",)),
    Operation("initialization.random_memberships", ("FC2",), ("memberships",), relative(8)),
    Operation("initialization.kmeans", ("EM3",), ("mixture",)),
    Operation("initialization.from_labels", ("EM3",), ("mixture",)),
    Operation("initialization.from_means", ("EM3",), ("mixture",)),
    Operation("initialization.from_responsibilities", ("EM3",), ("mixture",)),
    Operation("initialization.unet_parameters", ("U0",), ("parameters",)),
    Operation(
        "layers.conv",
        ("U1",),
        ("value",),
        rules={
            "value": counted(magnitudes.conv("value")),
            **{f"pullback/{name}": counted(magnitudes.conv(name)) for name in ("x", "kernel", "bias")},
        },
        pullback=("x", "kernel", "bias"),
    ),
    Operation("layers.leaky_relu", ("U1",), ("value",), relative(2), pullback=("x",)),
    Operation("layers.instance_norm", ("U1",), ("value",), pullback=("x", "scale", "shift")),
    Operation("layers.max_pool", ("U2",), ("value",), EXACT, pullback=("x",)),
    Operation(
        "layers.upsample",
        ("U3",),
        ("value",),
        EXACT,
        {"pullback/x": counted(magnitudes.upsample)},
        pullback=("x",),
    ),
    Operation(
        "layers.softmax",
        ("U4",),
        ("value",),
        rules={"value": backward(magnitudes.probability("value"))},
        pullback=("logits",),
    ),
    Operation("unet.block", ("U1",), ("value",), pullback=("parameters", "x")),
    Operation("unet.unet", ("U1", "U2", "U3", "U4"), ("value",), pullback=("parameters", "image")),
    Operation("adamw.init", ("U5",), ("state",), EXACT),
    Operation("adamw.clip", ("U6",), ("gradient",)),
    Operation("adamw.update", ("U5",), ("parameters", "state")),
    Operation("adamw.polynomial_decay", ("U7",), ("learning_rate",)),
    Operation(
        "regularizers.total_variation",
        ("R2",),
        WITH_GRADIENT,
        rules={
            "value": counted(magnitudes.total_variation),
            "gradient": counted(magnitudes.total_variation_gradient),
        },
    ),
    Operation("regularizers.mean_prior", ("R1", "DG5"), WITH_GRADIENT),
    Operation("regularizers.mean_prior_of_batch", ("R1", "DG5"), WITH_GRADIENT),
    Operation("distances.squared_distance_transform", ("DT1",), ("squared",), relative(8)),
    Operation("losses.cross_entropy", ("LO1", "TR4"), WITH_GRADIENT),
    Operation("losses.top_k_cross_entropy", ("LO2",), WITH_GRADIENT),
    Operation("losses.focal", ("LO3",), WITH_GRADIENT),
    Operation("losses.tversky", ("LO4",), WITH_GRADIENT),
    Operation("losses.soft_dice", ("LO5", "TR4"), WITH_GRADIENT),
    Operation("losses.soft_iou", ("LO5",), WITH_GRADIENT),
    Operation("losses.generalised_dice", ("LO6",), WITH_GRADIENT),
    Operation("losses.hausdorff", ("LO7",), WITH_GRADIENT),
    Operation("deep.free_energy", ("VE1", "VE4"), ("free_energy",)),
    Operation("deep.begin", ("DG3", "G3"), ("state",)),
    Operation("deep.loss", ("DG2", "DG3", "SV1", "EM2", "VE1", "VE3", "G3"), EVALUATED),
    Operation("deep.loss_and_gradient", ("DG1", "DG4", "DG5", "VE2", "VE4"), (*EVALUATED, "gradient")),
    Operation("deep.step", ("DG1", "DG2", "DG3", "VE3"), ("state", "evaluation")),
    Operation("deep.fit", ("DG1", "DG2", "DG3", "VE1", "VE3"), ("fit",)),
    Operation("deep.warm_start", ("DG6",), ("parameters",)),
    Operation("training.loss", ("TR1", "TR4"), ("loss", "evaluations")),
    Operation("training.loss_and_gradient", ("TR1", "TR4"), ("loss", "evaluations", "gradient")),
    Operation("training.step", ("TR2",), ("state", "evaluations")),
    Operation("training.ended", ("TR2",), ("status",), EXACT),
    Operation("training.predict", ("TR3",), ("prediction",)),
    Operation("metrics.dice", ("EV1",), ("dice",), relative(4)),
    Operation("metrics.dice_matrix", ("EV1",), ("dice",), relative(4)),
    Operation("metrics.match_classes", ("EV2",), ("matched",)),
    Operation("metrics.iou", ("EV3",), ("iou",), relative(4)),
    Operation("metrics.sensitivity", ("EV3",), ("sensitivity",), relative(4)),
    Operation("metrics.specificity", ("EV3",), ("specificity",), relative(4)),
    Operation("metrics.precision", ("EV3",), ("precision",), relative(4)),
    Operation("metrics.f_beta", ("EV3",), ("f_beta",), relative(16)),
    Operation("metrics.volumetric_similarity", ("EV3",), ("volumetric_similarity",), relative(16)),
    Operation("clusterings.contingency_table", ("EV4",), ("table",)),
    Operation("clusterings.adjusted_rand_index", ("EV4",), ("index",), counted(magnitudes.agreement)),
    Operation(
        "clusterings.normalized_mutual_information", ("EV5",), ("information",), counted(magnitudes.agreement)
    ),
    Operation("surfaces.surface", ("EV6",), ("surface",)),
    Operation("surfaces.surface_distances", ("EV6",), ("there", "back"), relative(8)),
    Operation("surfaces.hausdorff", ("EV7",), ("distance",), relative(64)),
    Operation("surfaces.average_surface_distance", ("EV8",), ("distance",), relative(64)),
    Operation("surfaces.average_symmetric_surface_distance", ("EV8",), ("distance",), relative(64)),
    Operation("surfaces.surface_dice", ("EV9",), ("dice",), relative(4)),
    Operation("fcm.centres", ("FC1",), ("centres", "degenerate")),
    Operation("fcm.memberships", ("FC2",), ("memberships",)),
    Operation("fcm.squared_distances", ("FC1",), ("squared",)),
    Operation("fcm.objective", ("FC1",), ("objective",)),
    Operation("fcm.partition_coefficient", ("FC4",), ("coefficient",)),
    Operation("fcm.fit", ("FC1", "FC2", "FC3", "FC4"), ("fit",)),
    Operation("attention.weights", ("AT1",), ("value",), pullback=("queries", "keys")),
    Operation("attention.dot_product", ("AT1",), ("value",), pullback=("queries", "keys", "values")),
    Operation("attention.self_attention", ("AT1",), ("value",), pullback=("parameters", "x")),
    Operation("attention.pooling_weights", ("AT2", "AT3"), ("value",), pullback=("parameters", "bag")),
    Operation("attention.pooling", ("AT2", "AT3"), ("value",), pullback=("parameters", "bag")),
)

OPERATIONS = {operation.name: operation for operation in _ALL}

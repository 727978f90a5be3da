"""The arguments of the functions that are exported, for a problem of a chosen size."""

from collections.abc import Callable
from typing import Any

import numpy as np

from deepmix.reference.deep_mixtures.records import (
    Batch,
    DeepModel,
    DeepState,
    Optimization,
    Training,
    TrainingModel,
    TrainingState,
)
from deepmix.reference.mixtures.records import Mixture
from deepmix.reference.networks.parameters import unet_parameters
from deepmix.reference.networks.records import UNetConfig
from deepmix.reference.optimization.records import AdamWState
from deepmix.reference.trees import tree_map

from .options import Sizes

B = 4  # images of a mini-batch, as published
Arguments = dict[str, dict[str, Any]]  # of each function, by name


def arguments(sizes: Sizes, dtype: str) -> Arguments:
    """The arguments of every function that is exported: arrays of zeros, of which only shape and dtype count."""

    def array(*shape: int) -> np.ndarray:
        return np.zeros(shape, dtype)

    deep = _deep(sizes, array) | _training(sizes, array)
    rest = _sets(sizes, array) | _fuzzy(sizes, array) | _attention(sizes, array)
    return _mixtures(sizes, array) | _field(sizes, array) | _network(sizes, array) | deep | rest


def _mixtures(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    m, k, n = sizes.channels, sizes.classes, sizes.size**2
    pixels, r, weights, floor = array(m, n), array(k, n), array(n), array(m)
    mixture = Mixture(array(k), array(k, m), array(k, m))
    about = {"pixels": pixels, "responsibilities": r, "weights": weights, "floor": floor}
    found: Arguments = {
        "mixtures.gaussian.log_density": {
            "pixels": pixels,
            "means": mixture.means,
            "covariances": mixture.covariances,
        },
        "mixtures.gaussian.posterior": {"log_proportions": r, "log_densities": r},
        "mixtures.gaussian.moments": about | {"previous": mixture},
        "mixtures.gaussian.blend": {"previous": mixture, "found": mixture, "rate": array()},
        "mixtures.gaussian.global_mixture": {
            "pixels": pixels,
            "weights": weights,
            "floor": floor,
            "n_components": k,
        },
        "mixtures.gaussian.variance_floor": {"pixels": pixels, "weights": weights},
        "mixtures.em.mean_nll": {"log_likelihood": weights, "weights": weights},
    }
    for name, start in {"gmm": mixture, "svgmm": mixture._replace(proportions=r)}.items():
        found |= {
            f"mixtures.{name}.e_step": {"pixels": pixels, "mixture": start},
            f"mixtures.{name}.m_step": about | {"previous": start},
            f"mixtures.{name}.nll": {"pixels": pixels, "mixture": start, "weights": weights},
            f"mixtures.{name}.fit": {"pixels": pixels, "start": start, "weights": weights},
        }
    return found


def _field(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    m, k, side = sizes.channels, sizes.classes, sizes.size
    maps, mask, beta = array(k, side, side), array(side, side), {"beta": 1.0}
    field = {"responsibilities": maps, "log_densities": maps, "weights": mask} | beta
    start = Mixture(array(k), array(k, m), array(k, m))
    return {
        "mixtures.hmrf.neighbour_sum": {"maps": maps},
        "mixtures.hmrf.colours": {"weights": mask},
        "mixtures.hmrf.sweep": field,
        "mixtures.hmrf.free_energy": field,
        "mixtures.hmrf.pseudo_nll": field,
        "mixtures.hmrf.fit": {"image": array(m, side, side), "start": start, "mask": mask} | beta,
    }


def _network(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    m, k, side, filters = sizes.channels, sizes.classes, sizes.size, sizes.filters
    image, maps, features, of_class = (array(c, side, side) for c in (m, k, filters, filters))
    config, parameters = UNetConfig(sizes.depth, filters), _parameters(sizes, array)
    per_filter = {"scale": array(filters), "shift": array(filters)}
    first = parameters["encoder_0" if sizes.depth else "bottom"]
    state = AdamWState(np.zeros((), np.int32), parameters, parameters)
    return {
        "networks.layers.conv": {"x": image, "kernel": array(3, 3, m, filters), "bias": array(filters)}
        | {"cotangent": features},
        "networks.layers.leaky_relu": {"x": features, "cotangent": features},
        "networks.layers.instance_norm": {"x": features} | per_filter | {"cotangent": features},
        "networks.layers.max_pool": {"x": features, "cotangent": array(filters, side // 2, side // 2)},
        "networks.layers.upsample": {"x": features, "cotangent": array(filters, 2 * side, 2 * side)},
        "networks.layers.softmax": {"logits": maps, "cotangent": maps},
        "networks.unet.block": {"parameters": first, "x": image, "cotangent": of_class},
        "networks.unet.unet": {"parameters": parameters, "image": image, "config": config, "cotangent": maps},
        "optimization.adamw.init": {"parameters": parameters},
        "optimization.adamw.clip": {"gradient": parameters},
        "optimization.adamw.update": {"parameters": parameters, "gradient": parameters, "state": state},
    }


def _deep(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    m, k, side = sizes.channels, sizes.classes, sizes.size
    image, maps, mask, floor = array(m, side, side), array(k, side, side), array(side, side), array(m)
    mixture = Mixture(array(k), array(k, m), array(k, m))
    parameters, config = _parameters(sizes, array), UNetConfig(sizes.depth, sizes.filters)
    model, optimization = {"model": DeepModel(config)}, {"optimization": Optimization()}
    given = {"parameters": parameters, "image": image}
    inside = {"weights": mask, "floor": floor}
    loss = given | {"previous": mixture} | inside | model
    state = DeepState(parameters, AdamWState(np.zeros((), np.int32), parameters, parameters), mixture)
    regularizer = {"proportions": maps, "mixture": mixture, "image": image, "mask": mask}
    start = {"image": image, "parameters": parameters}
    warm = start | {"target": maps, "mask": mask, "config": config}
    return {
        "deep_mixtures.regularizers.total_variation": regularizer,
        "deep_mixtures.regularizers.mean_prior": regularizer | {"means": mixture.means},
        "deep_mixtures.one_image.free_energy": {"proportions": array(k, side**2), "mixture": mixture}
        | {"pixels": array(m, side**2), "weights": array(side**2)},
        "deep_mixtures.one_image.begin": given | inside | model,
        "deep_mixtures.one_image.loss": loss,
        "deep_mixtures.one_image.loss_and_gradient": loss,
        "deep_mixtures.one_image.step": {"state": state, "image": image} | inside | model | optimization,
        "deep_mixtures.one_image.fit": start | {"mask": mask} | model | optimization,
        "deep_mixtures.one_image.warm_start": warm | optimization,
    }


def _training(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    m, k, side = sizes.channels, sizes.classes, sizes.size
    images, weights, maps = array(B, m, side, side), array(B, side, side), array(B, k, side, side)
    batch, mixtures = Batch(images, weights, array(B), maps), Mixture(array(B, k), array(B, k, m), array(B, k, m))
    parameters, deep = _parameters(sizes, array), DeepModel(UNetConfig(sizes.depth, sizes.filters))
    loss = {"parameters": parameters, "batch": batch, "model": TrainingModel(deep)}
    state = TrainingState(parameters, AdamWState(np.zeros((), np.int32), parameters, parameters))
    known = {"proportions": maps[0], "truth": maps[0], "mask": weights[0]}
    weighted = known | {"class_weights": array(k)}
    of_batch = {"proportions": maps, "mixtures": mixtures, "batch": batch, "means": mixtures.means[0]}
    return {
        "losses.segmentation.cross_entropy": weighted,
        "losses.segmentation.top_k_cross_entropy": weighted | {"threshold": 0.7},
        "losses.segmentation.focal": weighted,
        "losses.segmentation.tversky": known | {"alpha": 0.3, "beta": 0.7},
        "losses.segmentation.soft_dice": known,
        "losses.segmentation.soft_iou": known,
        "losses.segmentation.generalised_dice": known,
        "losses.segmentation.hausdorff": known,
        "deep_mixtures.regularizers.mean_prior_of_batch": of_batch,
        "deep_mixtures.many_images.loss": loss,
        "deep_mixtures.many_images.loss_and_gradient": loss,
        "deep_mixtures.many_images.step": {"state": state, "batch": batch, "learning_rate": array()}
        | {"model": loss["model"], "training": Training()},
        "deep_mixtures.many_images.predict": {
            "parameters": parameters,
            "image": images[0],
            "mask": weights[0],
            "model": deep,
        },
    }


def _sets(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    labels, inside = (np.zeros((sizes.size, sizes.size), kind) for kind in (np.int32, bool))
    maps = {"labels": labels, "truth": labels, "n_components": sizes.classes, "n_classes": sizes.classes}
    pair, table = {"prediction": inside, "truth": inside}, np.zeros((sizes.classes + 1, sizes.classes), np.int32)
    families = dict.fromkeys(("there", "back"), array(sizes.size, sizes.size))
    overlap = ("dice", "iou", "sensitivity", "specificity", "precision", "f_beta", "volumetric_similarity")
    return {
        "evaluation.distances.squared_distance_transform": {"mask": inside},
        "evaluation.overlap.dice_matrix": maps,
        "evaluation.overlap.match_classes": maps,
        **{f"evaluation.overlap.{name}": pair for name in overlap},
        "evaluation.clusterings.contingency_table": maps,
        "evaluation.clusterings.adjusted_rand_index": {"table": table},
        "evaluation.clusterings.normalized_mutual_information": {"table": table},
        "evaluation.surfaces.surface": {"mask": inside},
        "evaluation.surfaces.surface_distances": pair,
        "evaluation.surfaces.hausdorff": families,
        "evaluation.surfaces.average_surface_distance": families,
        "evaluation.surfaces.average_symmetric_surface_distance": families,
        "evaluation.surfaces.surface_dice": families | {"tolerance": 1.0},
    }


def _fuzzy(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    m, k, n = sizes.channels, sizes.classes, sizes.size**2
    pixels, u, weights, centres = array(m, n), array(k, n), array(n), array(k, m)
    return {
        "mixtures.fcm.centres": {"pixels": pixels, "memberships": u, "weights": weights, "previous": centres},
        "mixtures.fcm.memberships": {"pixels": pixels, "centres": centres},
        "mixtures.fcm.squared_distances": {"pixels": pixels, "centres": centres},
        "mixtures.fcm.objective": {"pixels": pixels, "memberships": u, "centres": centres, "weights": weights},
        "mixtures.fcm.partition_coefficient": {"memberships": u, "weights": weights},
        "mixtures.fcm.fit": {"pixels": pixels, "start": u, "weights": weights},
    }


def _attention(sizes: Sizes, array: Callable[..., np.ndarray]) -> Arguments:
    """A bag of as many elements as the image has rows, each of as many numbers as the network has filters."""
    n, d = sizes.size, sizes.filters
    rows, mask = array(n, d), np.zeros(n, bool)
    square, column = {"kernel": array(d, d)}, {"kernel": array(d, 1)}
    projections = dict.fromkeys(("query", "key", "value"), square)
    gated = {"hidden": square, "score": column, "gate": square}
    of_rows, of_bag = {"mask": mask, "cotangent": rows}, {"parameters": gated, "bag": rows, "mask": mask}
    return {
        "networks.attention.weights": {"queries": rows, "keys": rows, "mask": mask, "cotangent": array(n, n)},
        "networks.attention.dot_product": {"queries": rows, "keys": rows, "values": rows} | of_rows,
        "networks.attention.self_attention": {"parameters": projections, "x": rows} | of_rows,
        "networks.attention.pooling_weights": of_bag | {"cotangent": array(n)},
        "networks.attention.pooling": of_bag | {"cotangent": array(d)},
    }


def _parameters(sizes: Sizes, array: Callable[..., np.ndarray]) -> dict[str, Any]:
    drawn = unet_parameters(sizes.channels, sizes.classes, UNetConfig(sizes.depth, sizes.filters), seed=0)
    return tree_map(lambda leaf: array(*leaf.shape), drawn)

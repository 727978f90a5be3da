"""scikit-learn as a port: the Gaussian mixture, overlap of masks, agreement of clusterings."""

import numpy as np
from sklearn import metrics

from deepmix.conformance.ports import nested
from tests.ports.known.forms import labellings
from tests.ports.known.sklearn_mixture import e_step, fit


def of_table(score):
    return lambda table, empty=None: score(*labellings(table))


def of_masks(score, empty=np.nan, **options):
    return lambda a, b, empty=empty: score(b.ravel(), a.ravel(), zero_division=empty, **options)


port = nested(
    {
        "mixtures.gmm.e_step": e_step,
        "mixtures.gmm.fit": fit,
        "evaluation.clusterings.adjusted_rand_index": of_table(metrics.adjusted_rand_score),
        "evaluation.clusterings.normalized_mutual_information": of_table(metrics.normalized_mutual_info_score),
        "evaluation.overlap.dice": of_masks(metrics.f1_score),
        "evaluation.overlap.iou": of_masks(metrics.jaccard_score, empty="warn"),
        "evaluation.overlap.sensitivity": of_masks(metrics.recall_score),
        "evaluation.overlap.specificity": of_masks(metrics.recall_score, pos_label=0),
        "evaluation.overlap.precision": of_masks(metrics.precision_score),
        "evaluation.overlap.f_beta": (
            lambda a, b, beta=1.0, empty=np.nan: of_masks(metrics.fbeta_score, beta=beta)(a, b, empty)
        ),
    }
)
mixtures, evaluation = port.mixtures, port.evaluation

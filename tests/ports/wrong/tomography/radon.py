"""Mistakes in `tomography.radon`."""

from tests.ports.wrong.mistake import Mistake

MISTAKES = (
    Mistake(
        "a ray's way from row to row is a pixel long",
        "return spacing / m * np.maximum",
        "return spacing * np.maximum",
        "tomography.radon.project/parallel",
    ),
    Mistake(
        "rays are stepped along rows alone",
        "m = max(abs(cosine), abs(sine))",
        "m = max(abs(cosine), 1e-9)",
        "tomography.radon.project/parallel",
    ),
    Mistake(
        "all rays of a fan have the angle of the source",
        "image += _weights(geometry, theta[ray], offset[ray])",
        "image += _weights(geometry, geometry.angles[ray[0]], offset[ray])",
        "tomography.radon.project_back/fan",
    ),
    Mistake(
        "a pixel takes one detector",
        "return spacing / m * np.maximum(0, 1 - distance / (spacing * m))",
        "return spacing / m * (distance < geometry.detector_spacing / 2)",
        "tomography.radon.project_back/fine_detectors",
    ),
    Mistake(
        "a transposed image is projected",
        "    check_image(image, geometry)\n",
        "    image = np.resize(image, geometry.image_shape)\n",
        "tomography.radon.project/transposed",
    ),
)

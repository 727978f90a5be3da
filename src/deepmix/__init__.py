"""deepmix: deep Gaussian mixtures for unsupervised image segmentation."""

"""Learning-rate schedules [U7]."""


def polynomial_decay(learning_rate: float, epoch: int, n_epochs: int) -> float:
    """The learning rate of an epoch, lr·(1 − epoch/epochs)^0.9 [U7]. epoch: 0 … n_epochs − 1."""
    return learning_rate * (1 - epoch / n_epochs) ** 0.9

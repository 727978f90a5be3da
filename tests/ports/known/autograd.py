"""Functions of PyTorch in the forms of the kit: with a pullback, or with a gradient."""

import torch

from tests.ports.known.forms import known


def with_pullback(function, n):
    """The function with its pullback to its first n arguments, arrays or None."""

    def call(*args, **options):
        leaves = [None if each is None else torch.tensor(each, requires_grad=True) for each in args[:n]]
        value = function(*leaves, *args[n:], **options)

        def pullback(cotangent):
            given = [leaf for leaf in leaves if leaf is not None]
            return tuple(each.numpy() for each in torch.autograd.grad(value, given, torch.tensor(cotangent)))

        return value.detach().numpy(), pullback

    return call


def of_known(loss):
    """A loss of proportions and truth (1, K, …), as one of the pixels whose truth is known, with its gradient."""

    def call(proportions, truth, mask, **options):
        leaf, pixels = torch.tensor(proportions, requires_grad=True), known(proportions, truth, mask)
        value = loss(leaf[:, pixels][None], torch.tensor(truth)[:, pixels][None], **options)
        return value.item(), torch.autograd.grad(value, leaf)[0].numpy()

    return call

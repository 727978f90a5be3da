"""What the port of PyTorch makes of `torch.optim` and of its clipping."""

import torch
from torch.optim.lr_scheduler import PolynomialLR

from deepmix.reference.trees import leaves, tree_map


def polynomial_decay(learning_rate, epoch, n_epochs):
    optimizer = torch.optim.SGD([torch.zeros(1)], learning_rate)
    schedule = PolynomialLR(optimizer, n_epochs, power=0.9)
    for _ in range(epoch):
        optimizer.step()
        schedule.step()
    return schedule.get_last_lr()


def like(tree, values):
    rest = iter(values)
    return tree_map(lambda leaf: next(rest).detach().numpy(), tree)


def parameter(value, gradient):
    found = torch.nn.Parameter(torch.tensor(value))
    found.grad = torch.tensor(gradient)
    return found


def clip(gradient, max_norm=12.0):
    given = [parameter(leaf, leaf) for leaf in leaves(gradient)]
    torch.nn.utils.clip_grad_norm_(given, max_norm)
    return like(gradient, [each.grad for each in given])


def update(parameters, gradient, state, learning_rate=1e-4, weight_decay=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    given = [parameter(*each) for each in zip(leaves(parameters), leaves(gradient), strict=True)]
    optimizer = torch.optim.AdamW(given, learning_rate, (b1, b2), eps, weight_decay)
    for each, m, v in zip(given, leaves(state.m), leaves(state.v), strict=True):
        moments = {"exp_avg": torch.tensor(m), "exp_avg_sq": torch.tensor(v)}
        optimizer.state[each] = {"step": torch.tensor(float(state.count)), **moments}
    optimizer.step()
    m, v = (like(parameters, [optimizer.state[each][name] for each in given]) for name in moments)
    return like(parameters, given), {"count": state.count + 1, "m": m, "v": v}

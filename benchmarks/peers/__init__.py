"""The programs that the backend is compared with."""

from types import ModuleType

from ..harness.setting import cores


def torch_or_none() -> ModuleType | None:
    """PyTorch on all cores, if it is installed."""
    try:
        import torch
    except ModuleNotFoundError:
        return None
    torch.set_num_threads(cores())
    return torch

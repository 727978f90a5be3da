"""The functions that a port can offer, by name, from the bottom up: what is declared beside the cases."""

from .cases import MODULES

OPERATIONS = {
    f"{path}.{operation.name}": operation._replace(name=f"{path}.{operation.name}")
    for path, module in MODULES.items()
    for operation in module.OPERATIONS
}

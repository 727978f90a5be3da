"""Checks of the input of inverse problems, made once by the solvers of both backends."""

from typing import Any


def known(table: dict[type, Any], record: Any, what: str) -> Any:
    """The row of a record's kind in a table. what: the table's subject, such as "operator".

    Raises TypeError for a kind that has no row.
    """
    if type(record) not in table:
        name = type(record).__name__
        raise TypeError(f"{name} is no {what}, or the module that says what it does is not imported yet")
    return table[type(record)]

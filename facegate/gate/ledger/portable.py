"""Queries that SQLite and PostgreSQL read alike, where the short way of one is unknown to the other."""

from __future__ import annotations


def replacing(table: str, *, key: tuple[str, ...], rest: tuple[str, ...]) -> str:
    """Write the query that puts a row in the place of the one with the same key.

    Parameters
    ----------
    table : str
        A table of ours.
    key : tuple of str
        The columns of its primary key.
    rest : tuple of str
        All its other columns, at least one; those left out would keep what the earlier row said.

    Returns
    -------
    str
        Wants the values of ``key`` and then of ``rest``.

    Examples
    --------
    >>> replacing("t", key=("a",), rest=("b",))
    'INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b'
    """
    columns = (*key, *rest)
    marks, changed = ", ".join("?" * len(columns)), ", ".join(f"{one} = excluded.{one}" for one in rest)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "  # noqa: S608  names out of our own code
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"
    )

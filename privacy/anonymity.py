"""k-anonymity of tables about people (L. Sweeney, "k-anonymity: a model for protecting privacy",
International Journal of Uncertainty, Fuzziness and Knowledge-Based Systems 10(5), 2002). Pure: no Django.

A table is k-anonymous when each combination of what could be known from elsewhere (its quasi-identifiers)
belongs to at least k of its people. Pseudonyms do not help where a combination belongs to one person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# What others may know of a person from elsewhere. A table about people that shows one of these is checked.
QUASI_IDENTIFIERS = frozenset(
    {
        "language", "languages", "country", "region", "city", "time_zone", "age", "birth_year", "gender",
        "education", "occupation", "device", "joined",
    }
)  # fmt: skip
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """The smallest group of a table: `size` people share `values` of `columns`; 0 of an empty table."""

    size: int
    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def is_below(self, k: int) -> bool:
        """Without columns that tell people apart there is nothing by which to know one."""
        return bool(self.columns) and 0 < self.size < k


def telling_columns(rows: Sequence[Row]) -> tuple[str, ...]:
    """The quasi-identifiers of a table in which its people differ: what all share tells of nobody."""
    names = sorted({name for row in rows for name in row} & QUASI_IDENTIFIERS)
    return tuple(name for name in names if len({_plain(row.get(name)) for row in rows}) > 1)


def smallest_group(rows: Iterable[Row], columns: Sequence[str] | None = None) -> Finding:
    """One row for each person; `columns` are found among the table's own unless they are given."""
    table = list(rows)
    chosen = telling_columns(table) if columns is None else tuple(columns)
    groups = Counter(_key(row, chosen) for row in table)
    if not groups:
        return Finding(0, chosen, ())
    values, size = min(groups.items(), key=lambda one: (one[1], repr(one[0])))
    return Finding(size, chosen, values)


def suppressed(rows: Iterable[Row], k: int) -> list[dict[str, Any]]:
    """The table with the quasi-identifiers of small groups taken out (None); k-anonymous afterwards.

    Where those taken out would be fewer than k themselves, the next smallest group joins them.
    """
    table = [dict(row) for row in rows]
    chosen = telling_columns(table)
    if not chosen:
        return table
    groups = Counter(_key(row, chosen) for row in table)
    hidden: set[tuple[Any, ...]] = set()
    count = 0
    for values, size in sorted(groups.items(), key=lambda one: (one[1], repr(one[0]))):
        if size >= k and (count == 0 or count >= k):
            break
        hidden.add(values)
        count += size
    for row in table:
        if _key(row, chosen) in hidden:
            row.update(dict.fromkeys(chosen))
    return table


def _key(row: Row, columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_plain(row.get(name)) for name in columns)


def _plain(value: Any) -> Any:
    return tuple(sorted(map(str, value))) if isinstance(value, (list, set, tuple, frozenset)) else value

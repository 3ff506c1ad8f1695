"""Files that are opened in spreadsheets."""

import csv
import io
from collections.abc import Iterable, Sequence

# A spreadsheet runs a cell that begins with one of these as a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Without it spreadsheets misread everything that is not ASCII.
BYTE_ORDER_MARK = "\ufeff"


def neutral(cell: str) -> str:
    """The cell as text, also to a spreadsheet: what looks like a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def sheet(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A whole small CSV file of what a page shows. A number is no formula, also when it has a sign."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([neutral(title) for title in titles])
    writer.writerows([cell if _is_number(cell) else neutral(cell) for cell in row] for row in rows)
    return BYTE_ORDER_MARK + out.getvalue()


def _is_number(cell: str) -> bool:
    try:
        float(cell.removesuffix("%").rstrip().replace(",", ""))
    except ValueError:
        return False
    return True

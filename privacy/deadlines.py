"""By when a request must be answered. Pure: dates in, dates out.

GDPR Art. 12(3): one month from receipt, extendable by two further months. CCPA (Cal. Civ. Code
§1798.130(a)(2)): 45 days, extendable once by another 45. PIPL Art. 50 says "promptly"; practice takes 15
working days, counted Monday to Friday. Weekends at the end and public holidays are not added: a deadline of
ours may be a day early and is never late.
"""

from calendar import monthrange
from datetime import date, timedelta

REGIMES = ("gdpr", "ccpa", "pipl")
EXTENDABLE = frozenset({"gdpr", "ccpa"})
SOON_DAYS = 7


def due_on(regime: str, received: date, *, extended: bool = False) -> date:
    """The last day for an answer to what came in on `received`."""
    if regime == "gdpr":
        return add_months(received, 3 if extended else 1)
    if regime == "ccpa":
        return received + timedelta(days=90 if extended else 45)
    return add_working_days(received, 15)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last one where it has no such day (Reg. 1182/71 Art. 3(2)(c))."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_working_days(day: date, number: int) -> date:
    """The `number`-th day from Monday to Friday after `day`."""
    while number:
        day += timedelta(days=1)
        number -= day.weekday() < 5
    return day

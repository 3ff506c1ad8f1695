from datetime import date

import pytest

from privacy.deadlines import due_on


@pytest.mark.parametrize(
    ("regime", "received", "due", "extended"),
    [
        ("gdpr", date(2026, 1, 15), date(2026, 2, 15), date(2026, 4, 15)),
        ("gdpr", date(2026, 1, 31), date(2026, 2, 28), date(2026, 4, 30)),
        ("gdpr", date(2027, 12, 31), date(2028, 1, 31), date(2028, 3, 31)),
        ("gdpr", date(2027, 11, 30), date(2027, 12, 30), date(2028, 2, 29)),
        ("ccpa", date(2026, 1, 1), date(2026, 2, 15), date(2026, 4, 1)),
        # Friday: fifteen working days are three weeks, whatever day they begin on.
        ("pipl", date(2026, 11, 27), date(2026, 12, 18), None),
        ("pipl", date(2026, 11, 28), date(2026, 12, 18), None),
        ("pipl", date(2026, 11, 30), date(2026, 12, 21), None),
    ],
)
def test_the_last_day_for_an_answer(regime, received, due, extended):
    assert due_on(regime, received) == due
    if extended:
        assert due_on(regime, received, extended=True) == extended

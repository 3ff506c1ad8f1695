"""How seldom alarms are to be false, as the chance that one bin may have; and what judged alerts change.

A topic's looks may raise one false alarm in `calm_days`: with B bins a day each look may have a chance of
1 / (calm_days B). If the model of the usual range were exact, false alarms F would be Poisson with mean E,
the sum of the chances that were allowed. It is not exact: F ~ Poisson(m E) with m unknown. With a Gamma(a, a)
prior, whose mean is 1, the posterior of m is Gamma(a + F, a + E) (Gelman et al. 2013, "Bayesian Data
Analysis", 2.6), and the next looks get the chance above divided by its mean, which brings their false alarms
back to what was wished.
"""

PRIOR = 2.0  # a: as if E = 2 false alarms had been allowed and 2 had come
LOOSEST, STRICTEST = 0.5, 50.0
_BINS_A_DAY = {"hour": 24, "day": 1}


def level_of(*, calm_days: int, bin: str, multiplier: float = 1.0) -> float:
    """The chance below which a bin of a topic raises an alert."""
    return min(0.2, 1.0 / (calm_days * _BINS_A_DAY[bin] * multiplier))


def allowed_in(*, calm_days: int, bin: str, looks: int) -> float:
    """False alarms that so many looks may raise by what the user wished."""
    return looks / (calm_days * _BINS_A_DAY[bin])


def multiplier_of(*, false: int, unjudged: int, allowed: float) -> float:
    """The posterior mean of m, within LOOSEST and STRICTEST.

    An alert that nobody judged makes looks no stricter; but while it might be false, it keeps them from
    becoming looser.
    """
    stricter = (PRIOR + false) / (PRIOR + allowed)
    if stricter < 1.0:
        stricter = min(1.0, (PRIOR + false + unjudged) / (PRIOR + allowed))
    return min(STRICTEST, max(LOOSEST, stricter))

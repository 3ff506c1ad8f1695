"""What a reviewer's look at a doubtful consensus is worth: the queue begins where it helps most. Pure."""

from collections.abc import Mapping

# An answer of the frozen test set judges every model that is trained; a wrong one there misleads for years.
TEST_WEIGHT = 2.0


def expected_gain(
    *, confidence: float, posterior: Mapping[str, Mapping[str, float]], undecided: int, is_test: bool
) -> float:
    """How much is expected to change for the better by one decision:

        gain = (1 - confidence) * undecided  +  sum over units (1 - max_label p) * weight

    The first term are people who wait for their pay behind a doubt: the doubt times the undecided answers.
    The second are the labels that the decision is expected to put right, and so what training gains: the
    posterior says of each unit (a token, a turn, the item) how probable it is that its leading label is
    wrong. `weight` is 2 in the test set, else 1.
    """
    wrong = sum(1.0 - max(shares.values()) for shares in posterior.values() if shares)
    return (1.0 - confidence) * undecided + max(wrong, 0.0) * (TEST_WEIGHT if is_test else 1.0)

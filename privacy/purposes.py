"""Why personal data is processed here, and what people are asked to agree to; in the reader's language."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from privacy.models import ConsentRecord

Purpose = ConsentRecord.Purpose
# What a person may say yes or no to, in the order in which it is asked.
OPTIONAL = (Purpose.TRAINING, Purpose.LEADERBOARD, Purpose.MARKETING)

STATEMENTS: dict[str, Promise] = {
    Purpose.NOTICE: _("I have read the privacy notice."),
    Purpose.AGE: _("I am at least %(age)s years old."),
    Purpose.TRAINING: _("My answers may be exported by the projects I work for and used to train models."),
    Purpose.LEADERBOARD: _("I may be listed on the leaderboard, under a made-up name or one that I choose."),
    Purpose.MARKETING: _("I want to be told by e-mail about new projects and news of this site."),
}
EFFECTS: dict[str, Promise] = {
    Purpose.TRAINING: _("Without it your answers are left out of every later export and snapshot."),
    Purpose.LEADERBOARD: _("Without it you are not listed."),
    Purpose.MARKETING: _("Without it you get no such mail."),
}


def statement_of(purpose: str) -> str:
    """The sentence that is agreed to, in the language that is active."""
    return str(STATEMENTS[purpose]) % {"age": settings.MINIMUM_AGE}


@dataclass(frozen=True)
class Processing:
    """One row of what a notice says about purposes."""

    data: Promise
    why: Promise
    basis: Promise


PROCESSING = (
    Processing(
        _("E-mail address, password (as a hash), name that others see, languages"),
        _("to have an account, to sign in, to be given suitable work"),
        _("contract (GDPR Art. 6(1)(b); PIPL Art. 13(2))"),
    ),
    Processing(
        _("Answers, working times, decisions and appeals"),
        _("to find what is true from many answers, to pay for them, to check their quality"),
        _("contract (GDPR Art. 6(1)(b); PIPL Art. 13(2))"),
    ),
    Processing(
        _("Estimated reliability and unusual patterns"),
        _("to weigh answers and to prevent fraud"),
        _("legitimate interest (GDPR Art. 6(1)(f)); contract (PIPL Art. 13(2))"),
    ),
    Processing(
        _("Payments and bank details"),
        _("to pay, and to keep the books that the law asks for"),
        _("contract and legal obligation (GDPR Art. 6(1)(b), (c); PIPL Art. 13(2), (3))"),
    ),
    Processing(
        _("Answers in exports and in models' training data"),
        _("to make data sets and models out of what was labelled"),
        _("contract, until you object or withdraw (GDPR Art. 6(1)(b), 21; PIPL Art. 13(1))"),
    ),
    Processing(
        _("Place on the leaderboard, mail about news"),
        _("only if you want it"),
        _("consent (GDPR Art. 6(1)(a); PIPL Art. 13(1))"),
    ),
    Processing(
        _("Texts to be labelled, in which people may occur"),
        _("to have them labelled after personal data in them was replaced"),
        _("as stated by the project's publisher; legitimate interest (GDPR Art. 6(1)(f))"),
    ),
    Processing(
        _("Records of who did what, without texts"),
        _("to prove what was done, to keep the site secure"),
        _("legal obligation and legitimate interest (GDPR Art. 5(2), 6(1)(c), (f))"),
    ),
)

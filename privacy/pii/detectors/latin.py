"""How names are written in Latin script, as pieces of expressions; and the words that stand for one."""

from privacy.pii.detectors.base import words

UPPER = r"A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĻĽŁŃŅŇŐŒŔŘŚŞŠŤŪŮŰŲŹŻŽ"
NAME = rf"(?-i:[{UPPER}])(?:[^\W\d_]|['-](?=[^\W\d_]))*"
PARTICLE = r"(?:de|da|dos|di|del|della|van|von|der|den|la|le|bin|ibn|al|el|ten|ter|zu)"
CAPITALISED = rf"{NAME}(?: (?:{NAME}\.?|{PARTICLE}(?= ))){{0,4}}"
PLAIN = rf"(?-i:[{UPPER}])(?:[^\W\d_]|['-](?=[^\W\d_]{{2}}))*"
INITIAL = rf"(?-i:[{UPPER}])\.?"
ANY = r"[^\W\d_](?:[^\W\d_]|['-](?=[^\W\d_]))*"

ROLES = words(
    "agent assistant bot user customer sir madam operator support manager team everyone all guys "
    "folks there folks"
)

# A capitalised word before one of these is a place or a company.
NO_PERSON_AFTER = words(
    "street st road rd avenue ave lane ln drive dr college hotel house restaurant park court square "
    "bridge station airport "
    "museum university school church hospital theatre theater cinema bank inc llc ltd corp company "
    "group gmbh guest lodge "
    "bar cafe kitchen pub inn place way blvd boulevard city county island river lake hall gallery "
    "club centre center "
    "services guesthouse avenue orchestra band foundation mall shop stores pizza terrace gardens "
    "green close novel"
)

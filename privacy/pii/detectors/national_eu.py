"""National numbers of the countries of the European Union, and China's code of companies.

A number of digits alone counts only in a turn that speaks of one: a tenth of all orders would pass a check
digit. Those with letters or signs of their own count wherever they stand. Cyprus, Luxembourg and Malta have
no public check digit of persons that tells theirs from others; their numbers are found by "national id".
"""

import re
from collections.abc import Callable

from privacy.pii.detectors import checksums_national as check
from privacy.pii.detectors.base import PatternDetector, words

_SIGNS = re.compile(r"[\s./-]")
# In the languages of the countries, and in English.
_CUES = words(
    "national citizen identity identification identifikationsnummer steuer steuernummer "
    "steueridentifikationsnummer "
    "idnr sozialversicherungsnummer svnr sv bsn burgerservicenummer sofinummer pesel nif contribuinte tax "
    "taxpayer "
    "tin cnp egn егн emšo emso oib isikukood asmens kodas amka αμκα taj personnummer cpr "
    "rijksregisternummer insz "
    "social insurance security nir nss secu sécu id vat nie dni pps ppsn hetu"
)


def _detector(
    country: str,
    shape: str,
    valid: Callable[[str], bool],
    *,
    digits: int,
    signs: str = "",
    cued: bool = False,
    bare: bool = True,
) -> PatternDetector:
    return PatternDetector(
        name=f"national-id-{country}",
        kind="NATIONAL_ID",
        pattern=re.compile(rf"(?<![\w.-])(?:{shape})(?![\w-]|[.,]\d)", re.I | re.A),
        score=0.86,
        digits=digits,
        signs=signs,
        words=_CUES if cued else frozenset(),
        check=lambda value: valid((_SIGNS.sub("", value) if bare else value).upper()),
    )


NUMBERS = (
    _detector("germany", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", check.german_tax, digits=11, cued=True),
    _detector(
        "france",
        r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
        check.french_nir,
        digits=13,
    ),
    _detector("spain", r"(?:\d{8}|[XYZ][ -]?\d{7})[ -]?[A-HJ-NP-TV-Z]", check.spanish_dni, digits=7),
    _detector(
        "italy",
        r"[A-Z]{6} ?[\dLMNPQRSTUV]{2} ?[ABCDEHLMPRST] ?[\dLMNPQRSTUV]{2} ?[A-Z][\dLMNPQRSTUV]{3} ?[A-Z]",
        check.italian_fiscal,
        digits=3,
    ),
    _detector(
        "netherlands",
        r"\d{4}[ .]?\d{2}[ .]?\d{3}|\d{3}[ .]?\d{3}[ .]?\d{3}",
        check.dutch_bsn,
        digits=9,
        cued=True,
    ),
    _detector("poland", r"\d{11}", check.polish_pesel, digits=11, cued=True),
    _detector("sweden", r"(?:19|20)?\d{6}[-+]\d{4}", check.swedish, digits=10, signs="-+"),
    _detector("belgium", r"\d{2}\.\d{2}\.\d{2}[- ]\d{3}[. -]\d{2}", check.belgian, digits=11, signs="."),
    _detector("belgium-bare", r"\d{11}|\d{6}[ -]\d{3}[ -]\d{2}", check.belgian, digits=11, cued=True),
    _detector("portugal", r"\d{3} ?\d{3} ?\d{3}", check.portuguese_nif, digits=9, cued=True),
    _detector("finland", r"\d{6}[-+ABCDEFYXWVU]\d{3}[\dA-FHJ-NPR-Y]", check.finnish, digits=9, bare=False),
    _detector("denmark", r"\d{6}-?\d{4}", check.danish, digits=10, cued=True),
    _detector("austria", r"[1-9]\d{3} ?\d{6}", check.austrian, digits=10, cued=True),
    _detector("ireland", r"\d{7}[A-W][A-IW]?", check.irish_pps, digits=7),
    _detector("romania", r"[1-8]\d{12}", check.romanian, digits=13, cued=True),
    _detector("bulgaria", r"\d{6} ?\d{3} ?\d", check.bulgarian, digits=10, cued=True),
    _detector("czechia", r"\d{6}/\d{4}", check.czech, digits=10, signs="/"),
    _detector("croatia", r"\d{11}", check.mod_11_10, digits=11, cued=True),
    _detector("baltic", r"[1-6]\d{10}", check.baltic, digits=11, cued=True),
    _detector("latvia", r"\d{6}-\d{5}", check.latvian, digits=11, signs="-"),
    _detector("greece", r"\d{11}", check.greek, digits=11, cued=True),
    _detector("slovenia", r"\d{13}", check.slovenian, digits=13, cued=True),
    _detector("hungary", r"\d{3}[ -]?\d{3}[ -]?\d{3}", check.hungarian, digits=9, cued=True),
)

UNIFIED_CREDIT_CODE = PatternDetector(
    name="unified-credit-code",
    kind="NATIONAL_ID",
    pattern=re.compile(r"(?<![A-Za-z\d])[159Y][1239]\d{6}[\dA-HJ-NPQRTUWXY]{10}(?![A-Za-z\d])"),
    score=0.9,
    digits=8,
    check=check.unified_credit,
)

"""Companies and other bodies: by what their names end with, and by what stands around them."""

import re

from privacy.pii.clues import Clues
from privacy.pii.detectors.base import PatternDetector, words
from privacy.pii.detectors.latin import UPPER

_CAP = rf"(?-i:[{UPPER}\d])[\w'’&.-]*"
_NAME = rf"{_CAP}(?:(?: (?:of|and|&|for|the)){{0,2}} {_CAP}){{0,5}}"
_LOWER = r"(?!(?:from|of|to|the|for|at|in|by|and|with|is|work|works|a|an)\b)(?-i:[^\W\d_A-Z]+)"
_ENDINGS = (
    "inc llc llp ltd limited corp corporation incorporated gmbh plc company holdings group industries "
    "technologies "
    "technology systems solutions partners associates bank insurance university college hospital clinic "
    "institute "
    "foundation agency research labs laboratories healthcare pharmaceuticals airlines airways motors "
    "enterprises "
    "international ventures capital software networks consulting services global analytics energy logistics "
    "securities financial media studios records ministry council federation association union mutual"
)

ORGANISATION = PatternDetector(
    name="organisation",
    kind="ORGANISATION",
    pattern=re.compile(
        rf"(?<![\w'’])(?:(?:{_CAP})(?:(?:,? (?:of|and|&|for))? {_CAP}){{0,5}}?,? "
        rf"(?-i:{'|'.join(one.capitalize() for one in _ENDINGS.split())}|GmbH|LLC|LLP|PLC|Co)\b\.?"
        # In lower case only with the form of a company behind.
        rf"|{_LOWER}(?: {_LOWER}){{0,2}} (?-i:inc|llc|ltd|gmbh|corp)\b\.?)",
        re.I,
    ),
    score=0.62,
    language="en",
    words=words(_ENDINGS + " co"),
)

_EMPLOYED = r"(?:works?|worked|working|employed|interned|job|career|shift) (?:for|at|by|with)"

ORGANISATION_AFTER_CUE = PatternDetector(
    name="organisation-context",
    kind="ORGANISATION",
    pattern=re.compile(
        rf"\b(?:{_EMPLOYED}|company:|employer:|organi[sz]ation:|firm:|ceo of|founder of|assistant for|on "
        rf"behalf of|©(?: \d{{4}})?) "
        rf"(?:the )?(?!(?:I|The|My|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday"
        rf"|Sunday)\b)(?P<value>{_NAME})"
        rf"|\bthe (?P<the>{_NAME}) (?=(?:office|website|site|orchestra|team|store|branch|warehouse"
        rf"|headquarters|app|"
        rf"songwriter|resignation|newsletter)\b)"
        rf"|\b(?:her|his|my|their) (?P<her>{_NAME}) (?=(?:resignation|office|colleague|manager|boss|account"
        rf"|salary)\b)"
        rf"|\Athe address of (?P<address>{_NAME}) is\b"
        rf"|\A(?P<first>{_NAME}) (?=(?:is an? (?:[^\W\d_]+ )?(?:multinational|company|bank|startup|brand"
        rf"|manufacturer)"
        rf"|is the brainchild|songwriter|announced|launched|acquired)\b)"
        rf"|\b(?:later became|and the following year at|a year at|(?<=[\w.] )of|support) (?P<after>{_NAME})"
        rf"(?= in\b|[,.]| as the| is the| for| which)",
        re.I,
    ),
    score=0.58,
    language="en",
    need=lambda clues: clues.capital or "support" in clues.word_set,
    check=lambda value: any(char.isupper() for char in value),
)

# "Clark, Romero and Hall", "Barnett-Melton": partners' names make a firm's.
FIRM = PatternDetector(
    name="organisation-partners",
    kind="ORGANISATION",
    pattern=re.compile(
        rf"(?<![\w'’-])(?:[{UPPER}][^\W\d_]+, [{UPPER}][^\W\d_]+ and [{UPPER}][^\W\d_]+"
        rf"|[{UPPER}][^\W\d_A-Z]{{2,}}-[{UPPER}][^\W\d_A-Z]{{2,}})(?![\w-])"
    ),
    score=0.56,
    language="en",
    capital=True,
    need=lambda clues: "-" in clues.text or "," in clues.text,
)


def _job_before(clues: Clues) -> bool:
    return " at " in clues.lower or "—" in clues.text or "from:" in clues.lower or "is from" in clues.lower


AFTER_PERSON = PatternDetector(
    name="organisation-after-person",
    kind="ORGANISATION",
    pattern=re.compile(
        rf"(?:\bby: (?:Dr\. )?\S+ \S+ at |\bis from |[^\W\d_] — (?:[^\W\d_]+ )+at |[^\W\d_] — "
        rf"(?=[^\n]*\(\d{{4}})"
        rf"|^From: [^,\n]+, )(?P<value>{_NAME})",
        re.M,
    ),
    score=0.58,
    language="en",
    capital=True,
    need=_job_before,
)

CHINESE_ORGANISATION = PatternDetector(
    name="organisation-chinese",
    kind="ORGANISATION",
    pattern=re.compile(
        r"(?:(?![在是为到从的您请我他你她])[\u4e00-\u9fff]){2,12}?(?:有限公司|股份公司|集团|大学|医院|银行|研究所|研究院|事务所|委员会|中学|小学)"
    ),
    score=0.62,
    language="zh",
    signs="司团学院行所会",
    han=True,
)

"""The plain baseline: a post is unsafe if it says one of these words. Pure.

Such as a forum would write down in an afternoon.
"""

import re

_WORDS = (
    "idiot|idiots|stupid|loser|losers|moron|dumb|ugly|fat|freak|freaks|trash|scum|vermin|"
    "worthless|pathetic|useless|disgusting|disgust|kill|killed|murder|die|dead|death|dying|"
    "suicide|suicidal|cut|cutting|bleed|blood|pills|rope|hurt|hurting|harm|burn|burned|hate|"
    "hates|hated|threat|regret|beat|punch|poison|rape|slut|whore|bitch|nazi|crypto|bitcoin|"
    "casino|betting|bonus|viagra|pills|discount|offer|sale|cheap|free|click|link|earn|cash|"
    "money|winner|lottery|prize|guaranteed|investment|invest|loan|subscribe|followers|webinar|"
    "dm"
)
_SAID = re.compile(rf"(?<![a-z])(?:{_WORDS})(?![a-z])", re.IGNORECASE)


def is_unsafe(text: str) -> bool:
    return _SAID.search(text) is not None

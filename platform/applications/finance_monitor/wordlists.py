"""What needs no model: a topic by its keywords, a sentiment by counting words that sound good or bad.

The lists were written once, for any financial news, before a model was measured against them.
"""

import re

KEYWORDS = {
    "rates": "interest rate|key rate|policy rate|central bank|mortgage|borrowing cost|monetary policy"
    "|rate cut|rate rise|bond|利率|加息|降息|央行|房贷|货币政策|债券|贷款",
    "earnings": "profit|revenue|earnings|dividend|quarter|turnover|results|sales|loss of|利润|财报|业绩"
    "|营收|分红|季度|亏损|盈利",
    "mergers": "merger|takeover|acquisition|bid for|buyout|stake|acquire|purchase of|deal|并购|收购|合并"
    "|要约|股权",
    "energy": "oil|gas|crude|refinery|electricity|power|wind|solar|pipeline|barrel|fuel|油|天然气|电"
    "|能源|炼油|风电|太阳能",
    "currency": "currency|exchange rate|crown|florin|peso|lira|dinar|foreign exchange|devaluation|汇率"
    "|外汇|克朗|里拉|货币对|贬值|升值",
    "regulation": "regulator|supervisor|watchdog|law|rules|fine|licence|antitrust|authority|authorities"
    "|监管|罚款|牌照|法案|新规|反垄断|条例",
}
GOOD = (
    "gain|rise|rose|rally|rallied|record profit|strong|growth|grow|beat|beating|relief|welcome|success"
    "|improve|jump|soar|boost|approve|win|best|cheer|recover|confidence|上涨|大涨|增长|创新高|强劲"
    "|欢迎|好评|改善|批准|信心回升|反弹|受益|提高|超出"
)
BAD = (
    "fall|fell|slump|plunge|loss|weak|crash|fear|warn|worst|collapse|fail|fraud|fine|shortage|cut jobs"
    "|miss|drop|tumble|threat|suffer|sank|crisis|下跌|大跌|暴跌|亏损|疲软|担忧|恐慌|最差|破裂|失败"
    "|欺诈|罚款|短缺|裁员|抛售|打击"
)


def _patterns(words: str) -> re.Pattern[str]:
    """English words from their beginning on, Chinese ones anywhere."""
    return re.compile(
        "|".join(rf"\b{one}" if one.isascii() else one for one in words.split("|")), re.IGNORECASE
    )


_TOPICS = {topic: _patterns(words) for topic, words in KEYWORDS.items()}
_GOOD, _BAD = _patterns(GOOD), _patterns(BAD)


def topics_by_keyword(text: str) -> list[str]:
    """Every topic one of whose keywords occurs."""
    return [topic for topic, pattern in _TOPICS.items() if pattern.search(text)]


def sentiment_by_lexicon(text: str) -> str:
    """The side with more words; neutral when they are equally many."""
    balance = len(_GOOD.findall(text)) - len(_BAD.findall(text))
    return "positive" if balance > 0 else "negative" if balance < 0 else "neutral"

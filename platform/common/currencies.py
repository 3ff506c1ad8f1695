"""Money is kept in a currency's smallest unit. How many decimals that is differs (ISO 4217, table A.1).

People read it as their language writes it (Unicode CLDR); programs get the smallest unit and the ISO code.
"""

from decimal import Decimal

from babel import Locale
from babel.numbers import format_currency, get_currency_symbol
from django.conf import settings
from django.utils.translation import get_language, to_locale

_PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_BY_CURRENCY = {code: places for places, codes in _PLACES.items() for code in codes.split()}


def minor_places(currency: str) -> int:
    """Decimals of the smallest unit: 2 for USD, 0 for JPY, 3 for KWD."""
    return _BY_CURRENCY.get(currency, 2)


def to_major(minor: int, currency: str) -> Decimal:
    """1234, "USD" -> 12.34, exactly."""
    return Decimal(minor).scaleb(-minor_places(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """12.34, "USD" -> 1234. ValueError for a fraction of the smallest unit: money is never rounded."""
    minor = amount.scaleb(minor_places(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} is not a whole number of {currency}'s smallest unit")
    return int(minor)


def show_money(minor: int, currency: str) -> str:
    """1234567, "USD" -> $12,345.67, for Chinese readers US$12,345.67; 1200, "JPY" -> ¥1,200.

    No two currencies share a symbol within a language; one without a symbol stands with its code.
    """
    locale = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))
    pattern = _pattern(locale, currency)
    return format_currency(to_major(minor, currency), currency, pattern, locale, currency_digits=False)


def _pattern(locale: Locale, currency: str) -> str:
    """CLDR's pattern with ISO 4217's decimals, which differ for some; a space between a code and digits."""
    places = minor_places(currency)
    pattern = str(locale.currency_formats["standard"].pattern)
    pattern = pattern.replace(".00", "." + "0" * places if places else "")
    wordy = get_currency_symbol(currency, locale)[-1:].isalpha()
    return pattern.replace("¤#", "¤\u00a0#") if wordy else pattern

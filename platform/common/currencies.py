"""Money is kept in a currency's smallest unit. How many decimals that is differs (ISO 4217, table A.1)."""

from decimal import Decimal

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
    """1234567, "USD" -> 12,345.67 USD. English and Chinese write numbers alike; the code says which money."""
    return f"{to_major(minor, currency):,.{minor_places(currency)}f} {currency}"

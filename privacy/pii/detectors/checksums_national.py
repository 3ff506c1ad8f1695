"""Check digits of national numbers. Each takes the number without signs, in upper case, of the right shape.

The formulas are those that the authorities publish; the numbers in the tests are their published examples.
"""

from datetime import date

from privacy.pii.detectors.checksums import REGIONS, luhn


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_short_day(day: str, month: str, year: str) -> bool:
    """Of a date with two digits for its year: in the last or in this century."""
    return any(is_day(century + int(year), int(month), int(day)) for century in (1900, 2000))


def mod_11_10(digits: str) -> bool:
    """ISO 7064 MOD 11,10: Germany's tax number, Croatia's OIB."""
    left = 10
    for digit in digits[:-1]:
        left = (left + int(digit)) % 10 or 10
        left = left * 2 % 11
    return (11 - left) % 10 == int(digits[-1])


def german_tax(digits: str) -> bool:
    """Steuer-Identifikationsnummer: of the first ten digits one stands twice or three times."""
    most = max(digits[:10].count(digit) for digit in digits[:10])
    return digits[0] != "0" and most in (2, 3) and mod_11_10(digits)


def french_nir(number: str) -> bool:
    """NIR: 97 less the number modulo 97; departments 2A and 2B count as 19 and 18."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def spanish_dni(number: str) -> bool:
    """DNI and NIE: the letter that stands for the number modulo 23; X, Y and Z are 0, 1 and 2."""
    body = number[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return body.isdigit() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23] == number[-1]


_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8,
         12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)  # fmt: skip


def italian_fiscal(number: str) -> bool:
    """Codice fiscale (decree of 23 December 1976): odd places by a table, even ones by rank."""
    total = sum(
        _ODD[char] if place % 2 == 0 else int(char) if char.isdigit() else ord(char) - 65
        for place, char in enumerate(number[:15])
    )
    return chr(65 + total % 26) == number[15]


def dutch_bsn(digits: str) -> bool:
    """BSN, the eleven-test: weights 9 to 2 and -1."""
    return int(digits) > 0 and _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def polish_pesel(digits: str) -> bool:
    """PESEL: weights 1, 3, 7, 9; months of other centuries are raised by 20, 40, 60 or 80."""
    century = {0: 1900, 1: 2000, 2: 2100, 3: 2200, 4: 1800}[int(digits[2:4]) // 20]
    born = is_day(century + int(digits[:2]), int(digits[2:4]) % 20, int(digits[4:6]))
    return born and (10 - _weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10) % 10 == int(digits[10])


def swedish(digits: str) -> bool:
    """Personnummer: Luhn over the last ten digits; days of coordination numbers are raised by 60."""
    digits = digits[-10:]
    day = int(digits[4:6])
    return _is_short_day(str(day - 60 if day > 60 else day), digits[2:4], digits[:2]) and luhn(digits)


def belgian(digits: str) -> bool:
    """National register number: 97 less the first nine digits modulo 97, with a 2 in front from 2000 on."""
    return int(digits[9:]) in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)


def portuguese_nif(digits: str) -> bool:
    """NIF: weights 9 to 2, 11 less the rest, 10 and 11 count as 0."""
    check = 11 - _weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return digits[0] in "123568" and int(digits[8]) == (0 if check > 9 else check)


def finnish(number: str) -> bool:
    """HETU: day of birth, sign of the century, number, and its rest modulo 31."""
    return _is_short_day(number[:2], number[2:4], number[4:6]) and (
        "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[7:10]) % 31] == number[10]
    )


def danish(digits: str) -> bool:
    """CPR: a day of birth. Since 2007 numbers are given out that fail the old check modulo 11."""
    return _is_short_day(digits[:2], digits[2:4], digits[4:6])


def austrian(digits: str) -> bool:
    """Sozialversicherungsnummer: weights 3, 7, 9 and 5, 8, 4, 2, 1, 6 around the check digit, modulo 11."""
    total = _weighted(digits[:3] + digits[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6))
    return digits[0] != "0" and total % 11 == int(digits[3]) and int(digits[4:6]) <= 31


def irish_pps(number: str) -> bool:
    """PPS: weights 8 to 2, the second letter counts nine times, the rest modulo 23 as a letter."""
    total = _weighted(number[:7], (8, 7, 6, 5, 4, 3, 2))
    if len(number) == 9 and number[8] != "W":
        total += 9 * (ord(number[8]) - 64)
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == number[7]


def romanian(digits: str) -> bool:
    """CNP: weights 279146358279, the rest modulo 11, 10 as 1."""
    rest = _weighted(digits, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return _is_short_day(digits[5:7], digits[3:5], digits[1:3]) and int(digits[12]) == (
        1 if rest == 10 else rest
    )


def bulgarian(digits: str) -> bool:
    """EGN: weights 2, 4, 8, 5, 10, 9, 7, 3, 6, modulo 11 and 10; months are raised by 20 or 40."""
    born = _is_short_day(digits[4:6], str(int(digits[2:4]) % 20), digits[:2])
    return born and _weighted(digits, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10 == int(digits[9])


def czech(digits: str) -> bool:
    """Rodné číslo of ten digits, Czech and Slovak: divisible by 11; months of women are raised by 50."""
    month = int(digits[2:4]) % 50
    born = _is_short_day(digits[4:6], str(month - 20 if month > 20 else month), digits[:2])
    return born and (int(digits) % 11 == 0 or (int(digits[:9]) % 11 == 10 and digits[9] == "0"))


def baltic(digits: str) -> bool:
    """Isikukood and asmens kodas: weights 1 to 9, 1; if that leaves 10, weights 3 to 9, 1, 2, 3."""
    rest = _weighted(digits, (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)) % 11
    if rest == 10:
        rest = _weighted(digits, (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)) % 11 % 10
    return _is_short_day(digits[5:7], digits[3:5], digits[1:3]) and rest == int(digits[10])


def latvian(digits: str) -> bool:
    """Personas kods: 1 plus the weighted sum, modulo 11 and 10."""
    total = 1 + _weighted(digits, (10, 5, 8, 4, 2, 1, 6, 3, 7, 9))
    return _is_short_day(digits[:2], digits[2:4], digits[4:6]) and total % 11 % 10 == int(digits[10])


def greek(digits: str) -> bool:
    """AMKA: a day of birth, and Luhn."""
    return _is_short_day(digits[:2], digits[2:4], digits[4:6]) and luhn(digits)


def slovenian(digits: str) -> bool:
    """EMŠO: weights 7 to 2 twice, 11 less the rest."""
    check = (11 - _weighted(digits, (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    return is_day(2000, int(digits[2:4]), int(digits[:2])) and check == int(digits[12])


def hungarian(digits: str) -> bool:
    """TAJ: weights 3 and 7 in turn, modulo 10."""
    return _weighted(digits, (3, 7, 3, 7, 3, 7, 3, 7)) % 10 == int(digits[8])


_CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def unified_credit(number: str) -> bool:
    """China's unified social credit code (GB 32100-2015): a region, and weights of powers of 3, modulo 31."""
    if number[2:4] not in {*REGIONS, "10"} or any(char not in _CREDIT for char in number):
        return False
    total = sum(_CREDIT.index(char) * pow(3, place, 31) for place, char in enumerate(number[:17]))
    return _CREDIT[(31 - total % 31) % 31] == number[17]

"""Invented personal data: looks real to a detector, belongs to nobody.

Phones come from the ranges that regulators reserve for fiction (US 555-01xx, Ofcom 07700 900xxx), cards
continue the public test prefixes, mail goes to the reserved example domains, and a Chinese ID names a
county code that is not assigned, a birth more than a century ago and the sequence number 000, with a
correct check digit.
"""

import random
import tomllib

from local.demo.grammar import BANK, Value

_BANK = tomllib.loads((BANK / "people.toml").read_text(encoding="utf-8"))
_CARD_PREFIXES = ("42424242", "41111111", "55555555", "40000000")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def luhn_digit(digits: str) -> str:
    """The check digit that makes `digits` pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    doubled = (int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def resident_id_digit(digits: str) -> str:
    """The check character for the 17 digits of a Chinese resident ID (GB 11643-1999, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits, _ID_WEIGHTS, strict=True)) % 11]


def people(language: str, rng: random.Random) -> dict[str, Value]:
    """One invented customer and agent: the values of the personal slots, each with its kind."""
    made = _chinese(rng) if language == "zh" else _english(rng)
    made["card"] = Value(_card(rng), "card")
    made["order"] = Value(_order(rng), "order")
    return made


def _english(rng: random.Random) -> dict[str, Value]:
    bank = _BANK["en"]
    first, last = rng.choice(bank["first"]), rng.choice(bank["last"])
    town = rng.choice(bank["town"])
    street = f"{rng.randrange(2, 240)} {rng.choice(bank['street'])} {rng.choice(bank['way'])}"
    return {
        "person": Value(f"{first} {last}", "person"),
        "person_first": Value(first, "person"),
        "agent": Value(rng.choice(bank["agent"]), "person"),
        "email": Value(_email(first, last, rng), "email"),
        "phone": Value(_phone(rng), "phone"),
        "address": Value(f"{street}, {town}", "address"),
    }


def _chinese(rng: random.Random) -> dict[str, Value]:
    bank = _BANK["zh"]
    name = rng.choice(bank["family"]) + rng.choice(bank["given"])
    road = f"{rng.choice(bank['town'])}{rng.choice(bank['road'])}"
    place = f"{road}{rng.randrange(3, 299)}号{rng.randrange(1, 20)}栋"
    mobile = f"1{rng.choice('35789')}{rng.randrange(10)}0000{rng.randrange(10**4):04d}"
    digits = f"{rng.choice(['11', '31', '44', '51'])}9900{_old_birthday(rng)}000"
    return {
        "person": Value(name, "person"),
        "person_first": Value(name, "person"),
        "agent": Value(rng.choice(bank["agent"]), "person"),
        "email": Value(f"user{rng.randrange(100, 9999)}@example.com", "email"),
        "cn_mobile": Value(mobile, "cn_mobile"),
        "address": Value(place, "address"),
        "cn_id": Value(digits + resident_id_digit(digits), "cn_id"),
    }


def _old_birthday(rng: random.Random) -> str:
    return f"{rng.randrange(1900, 1910)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}"


def _email(first: str, last: str, rng: random.Random) -> str:
    name = rng.choice([f"{first}.{last}", f"{first[0]}{last}{rng.randrange(10, 99)}", f"{last}_{first}"])
    return f"{name.lower()}@{rng.choice(['example.com', 'example.org', 'example.net'])}"


def _phone(rng: random.Random) -> str:
    area, line = rng.choice(["212", "415", "303", "512", "617"]), f"01{rng.randrange(100):02d}"
    uk = rng.randrange(1000)
    return rng.choice(
        [f"({area}) 555-{line}", f"+1 {area}-555-{line}", f"07700 900{uk:03d}", f"+44 7700 900{uk:03d}"]
    )


def _card(rng: random.Random) -> str:
    digits = rng.choice(_CARD_PREFIXES) + f"{rng.randrange(10**7):07d}"
    number = digits + luhn_digit(digits)
    gap = rng.choice([" ", "-", ""])
    return gap.join(number[i : i + 4] for i in range(0, 16, 4))


def _order(rng: random.Random) -> str:
    letters = "".join(rng.choice("ABCDEFGHKLMNPRSTUVWX") for _ in range(2))
    return rng.choice([f"{letters}-{rng.randrange(10**5, 10**6)}", f"#{rng.randrange(10**7, 10**8)}"])

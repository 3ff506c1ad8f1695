"""Our checked patterns find what Presidio's recognisers find, which they were written after."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from phonenumbers import PhoneNumberFormat, example_number, format_number

from privacy.pii.detectors import email, iban, national_id, network, phone
from privacy.pii.detectors.base import Detector
from privacy.pii.detectors.checksums import _IBAN_LENGTHS
from privacy.pii.detectors.checksums import iban as is_iban
from privacy.pii.scan import Turn

presidio = pytest.importorskip("presidio_analyzer.predefined_recognizers")


class OfflineEmail(presidio.EmailRecognizer):  # type: ignore[misc]
    """Presidio's fetches a list of domains over the network."""

    def validate_result(self, pattern_text: str) -> bool:
        return email._at_a_real_domain(pattern_text)


VALUES = [
    "a@b.com", "anna.smith+x@mail.example.co.uk", "a_b-c@x--y.org", "a..b@c.de", ".a@b.com", "a@b", "a@b.c",
    "a@b.museum", "x@localhost.test", "tom@exam_ple.com", "ü@münchen.de", "!#$@b.com", "a@b.com.",
    "me@@b.com",
    "10.0.0.1", "256.1.1.1", "203.0.113.7/24", "1.2.3.4.5", "v1.2.3", "::1", "2001:db8::1", "fe80::1%eth0",
    "::ffff:192.0.2.1", "2001:db8:0:0:0:0:0:1/64", "1:2:3:4:5:6:7:8:9", "12:30", "a:b:c:d:e:f:1:2",
    "64:ff9b::8.8.8.8",
    "00:1A:2B:3C:4D:5E", "00-1A-2B-3C-4D-5E", "FF:FF:FF:FF:FF:FF", "00:00:00:00:00:00", "00:1A-2B:3C:4D:5E",
    "536-22-8731", "536.22.8731", "536 22.8731", "000-22-8731", "666-22-8731", "123-45-6789", "111-11-1111",
    "536-00-8731", "536-22-0000", "1536-22-8731",
    "AB123456C", "AB 12 34 56 C", "BG123456C", "bg123456c", "QQ123456C", "AB123456E", "DA 123456 B",
    "943 476 5919", "943-476-5919", "9434765919", "943 476 5918",
    "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB29 NWBK 6016 1331 9268 19 2 days",
    "DE89370400440532013001", "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "XX89370400440532013000",
]  # fmt: skip
FRAMES = ["{}", "it is {}, thanks", "({})", "x{}", "{}9", "{} and {}", "nhs {} please:"]
PAIRS: list[tuple[Detector, Callable[[], Any]]] = [
    (email.EMAIL, OfflineEmail),
    (network.IP, presidio.IpRecognizer),
    (network.MAC, presidio.MacAddressRecognizer),
    (national_id.US_SSN, presidio.UsSsnRecognizer),
    (national_id.UK_NINO, presidio.UkNinoRecognizer),
    (national_id.UK_NHS, presidio.NhsRecognizer),
    (iban.IBAN, presidio.IbanRecognizer),
]


def ours(detector: Detector, text: str) -> set[tuple[int, int]]:
    return joined({(found.start, found.end) for found in detector.find(Turn(text).clues)})


def theirs(recogniser: Any, text: str) -> set[tuple[int, int]]:
    results = recogniser.analyze(text, recogniser.supported_entities, None)
    return joined({(found.start, found.end) for found in results if found.score >= 0.4})


def joined(spans: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Without spans that lie inside another."""
    return {
        one
        for one in spans
        if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in spans)
    }


@pytest.mark.parametrize(("detector", "reference"), PAIRS, ids=[pair[0].name for pair in PAIRS])
def test_it_finds_the_same(detector: Detector, reference: Callable[[], Any]) -> None:
    recogniser = reference()
    texts = [frame.format(value, value) for value in VALUES for frame in FRAMES]
    least = 6 if detector is network.IP else 0  # "::1" tells nothing about anybody
    expected = [{span for span in theirs(recogniser, text) if span[1] - span[0] >= least} for text in texts]
    assert [ours(detector, text) for text in texts] == expected
    assert any(expected)


def test_phones_of_the_four_regions_are_found_where_presidio_finds_them() -> None:
    recogniser = presidio.PhoneRecognizer(supported_regions=phone._REGIONS, leniency=1)
    numbers = [example_number(region) for region in phone._REGIONS]
    formats = (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)
    texts = [f"ring {format_number(number, form)} now" for number in numbers for form in formats]
    for text in [*texts, "ring 12345678901234567 now", "order 1234 5678 9012 3456"]:
        assert set(phone._numbers(text)) == theirs(recogniser, text)


def test_iban_lengths_are_those_of_the_registry() -> None:
    patterns = pytest.importorskip("presidio_analyzer.predefined_recognizers.generic.iban_patterns")
    differ = set()
    for country, pattern in patterns.regex_per_country.items():
        digits = re.sub(r"\[A-Z\]", "[A-Z0]", pattern)
        shortest = next(n for n in range(9, 35) if re.match(digits, country + "0" * (n - 2)))
        differ |= {country} if shortest != _IBAN_LENGTHS[country] else set()
    # Presidio's tables stop short of the last groups there; the registry says 30, 29, 25 and 29.
    assert differ <= {"MU", "PS", "PT", "QA"}
    assert is_iban("GB29 NWBK 6016 1331 9268 19") and not is_iban("GB29 NWBK 6016 1331 9268 18")

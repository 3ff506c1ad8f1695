"""Presidio's recognisers, used one by one: no analyser engine, no language model, no network.

Importing Presidio takes seconds (it loads spaCy, and torch where that is installed); `detectors.presidio`
therefore imports this module when the first text that could hold such data comes by.
"""

from collections.abc import Iterable

import tldextract
from presidio_analyzer import EntityRecognizer, predefined_recognizers

_SUFFIXES = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None
)  # the list in the wheel, never the network


class OfflineEmailRecognizer(predefined_recognizers.EmailRecognizer):
    """Presidio's, with the bundled suffix list; `example` and `test` domains (RFC 2606) count as well."""

    def validate_result(self, pattern_text: str) -> bool:
        domain = pattern_text.rpartition("@")[2]
        return bool(_SUFFIXES(domain).suffix) or domain.rpartition(".")[2].lower() in {
            "example",
            "test",
            "invalid",
        }


def recogniser(name: str, regions: Iterable[str] = ()) -> EntityRecognizer:
    """A recogniser by its class name in `presidio_analyzer.predefined_recognizers`."""
    if name == "EmailRecognizer":
        return OfflineEmailRecognizer()
    if name == "PhoneRecognizer":
        return predefined_recognizers.PhoneRecognizer(supported_regions=tuple(regions), leniency=1)
    found: EntityRecognizer = getattr(predefined_recognizers, name)()
    return found

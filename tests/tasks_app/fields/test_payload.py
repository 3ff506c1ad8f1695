import pytest

from tasks_app.fields.payload import check_payload, content_hash, turn_speakers, turn_texts
from tasks_app.fields.problem import InvalidPayload
from tasks_app.fields.strings import nfc_offset


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        ({"turns": [{"speaker": "a", "text": "Hi"}, {"speaker": "b", "text": ""}]}, ["Hi", ""]),
        ({"text": "One"}, ["One"]),
        ({"pair": ["left", "right"]}, ["left", "right"]),
        ({"text": "One", "candidates": ["x"]}, ["One"]),
    ],
)
def test_it_lists_the_texts_that_offsets_refer_to(raw, texts):
    assert turn_texts(check_payload(raw)) == texts


def test_it_stores_nfc_and_only_speaker_and_text():
    raw = {"turns": [{"speaker": " a ", "text": "Cafe\u0301", "acts": [1]}]}
    assert check_payload(raw) == {"turns": [{"speaker": "a", "text": "Caf\u00e9"}]}


def test_a_speaker_may_be_missing():
    assert turn_speakers(check_payload({"turns": [{"text": "Hi"}]})) == [""]


def test_candidates_get_ids():
    payload = check_payload({"text": "q", "candidates": ["a", {"id": "B", "text": "b"}]})
    assert payload["candidates"] == [{"id": "0", "text": "a"}, {"id": "B", "text": "b"}]


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        ([], "", "type"),
        ({}, "", "kind"),
        ({"text": "a", "pair": ["b", "c"]}, "", "kind"),
        ({"text": "a", "image": "b"}, "/image", "unknown_key"),
        ({"text": " \n"}, "/text", "empty"),
        ({"text": 5}, "/text", "type"),
        ({"text": "a\0b"}, "/text", "character"),
        ({"text": "a\ud800"}, "/text", "character"),
        ({"text": "é\ud800"}, "/text", "character"),
        ({"pair": ["a"]}, "/pair", "type"),
        ({"pair": ["a", ""]}, "/pair/1", "empty"),
        ({"turns": []}, "/turns", "length"),
        ({"turns": {}}, "/turns", "type"),
        ({"turns": [{"text": " "}]}, "/turns", "empty"),
        ({"turns": ["hi"]}, "/turns/0", "type"),
        ({"turns": [{"text": "a"}, {"speaker": "b"}]}, "/turns/1", "type"),
        ({"turns": [{"speaker": 1, "text": "b"}]}, "/turns/0/speaker", "type"),
        ({"turns": [{"text": "a"}] * 2001}, "/turns", "length"),
        ({"text": "a" * 200_001}, "", "size"),
        ({"pair": ["a", "b"], "candidates": ["c"]}, "/candidates", "kind"),
        ({"text": "a", "candidates": []}, "/candidates", "length"),
        ({"text": "a", "candidates": [{"id": "1"}]}, "/candidates/0", "type"),
        ({"text": "a", "candidates": ["x", {"id": "0", "text": "y"}]}, "/candidates/1/id", "duplicate"),
    ],
)
def test_it_refuses(raw, pointer, code):
    with pytest.raises(InvalidPayload) as refusal:
        check_payload(raw)
    assert (pointer, code) in [(problem.pointer, problem.code) for problem in refusal.value.problems]


def test_it_reports_every_problem_at_once():
    with pytest.raises(InvalidPayload) as refusal:
        check_payload({"turns": [{"text": 1}, {"text": 2}], "x/y": 1})
    assert [problem.pointer for problem in refusal.value.problems] == [
        "/x~1y",
        "/turns/0/text",
        "/turns/1/text",
    ]


def test_the_hash_follows_what_is_shown_and_nothing_else():
    first = check_payload({"turns": [{"speaker": "a", "text": "e\u0301", "id": 7}]})
    same = check_payload({"turns": [{"text": "\u00e9", "speaker": "a"}]})
    other = check_payload({"turns": [{"speaker": "b", "text": "\u00e9"}]})
    assert content_hash(first) == content_hash(same) != content_hash(other)


def test_the_hash_is_sha256_of_canonical_json():
    assert content_hash({"text": "a"}) == "6193c97585a0f731ce7b500bb69d2476816afb14c8d95ac8e6e865f680e9e438"


@pytest.mark.parametrize(("text", "before", "after"), [("e\u0301a", 2, 1), ("e\u0301a", 3, 2), ("ab", 1, 1)])
def test_offsets_are_carried_to_nfc(text, before, after):
    assert nfc_offset(text, before) == after

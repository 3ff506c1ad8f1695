"""What counts besides where a project asks for more than direct identifiers; never without being asked."""

import re

import pytest

from privacy.pii.finding import FURTHER_KINDS, KINDS
from privacy.pii.redactor import Redactor
from privacy.pii.registry import DETECTORS, FURTHER
from privacy.pii.scan import scan
from privacy.pii.surrogates import Surrogates

FOUND = [
    ("LOCATION", "She moved here from Hungary", "Hungary"),
    ("LOCATION", "I fly to new york tomorrow", "new york"),
    ("LOCATION", "My friend lives in Hvammstangi", "Hvammstangi"),
    ("LOCATION", "我在北京工作", "北京"),
    ("ORGANISATION", "I work for Datamyne", "Datamyne"),
    ("ORGANISATION", "the letter of Hdscores Inc came", "Hdscores Inc"),
    ("ORGANISATION", "according to the Costquest website", "Costquest"),
    ("ORGANISATION", "we asked Fritz-Armstrong yesterday", "Fritz-Armstrong"),
    ("ORGANISATION", "我在北京大学上班", "北京大学"),
    ("NATIONALITY", "I am cambodian", "cambodian"),
    ("NATIONALITY", "We are proud saudis", "saudis"),
    ("NATIONALITY", "他是法国人", "法国人"),
    ("DATE_TIME", "on 2018-02-24 12:45:18 it broke", "2018-02-24 12:45:18"),
    ("DATE_TIME", "signed on 3rd of May 2021", "3rd of May 2021"),
    ("DATE_TIME", "founded in 1973", "1973"),
    ("DATE_TIME", "see you on Tuesday", "Tuesday"),
    ("DATE_TIME", "今天是2024年5月1日", "2024年5月1日"),
    ("TITLE", "ask Mrs Nobody", "Mrs"),
    ("OCCUPATION", "she works as a leasing consultant", "leasing consultant"),
    ("OCCUPATION", "我是软件工程师", "软件工程师"),
    ("CONDITION", "he has Type 2 Diabetes Mellitus", "Type 2 Diabetes Mellitus"),
    ("CONDITION", "我有糖尿病", "糖尿病"),
    ("MEDICATION", "still taking Metformin 500mg", "Metformin 500mg"),
    ("PROCEDURE", "the colonoscopy is tomorrow", "colonoscopy"),
    ("NAME", "we love Fenrirwulf very much", "Fenrirwulf"),
]
CLEAN = [
    "I will polish it and turkey is for dinner",
    "version 2.0 of the app",
    "we sold 1999 of them",
    "That is fine. We'll see, I've time.",
    "good morning, how can I help you?",
    "he is a person of reason",
    "photography is a program",
    "我想买一台电脑",
]


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_finds_when_all_is_asked_for(kind: str, text: str, value: str) -> None:
    found = scan(text, scope="all")
    assert (kind, value) in [(one.kind, text[one.start : one.end]) for one in found]
    assert kind not in {one.kind for one in scan(text)}


@pytest.mark.parametrize("text", CLEAN)
def test_leaves_alone(text: str) -> None:
    assert scan(text, scope="all") == []


def test_all_finds_whatever_direct_finds() -> None:
    text = "I am Rebecca Edwards, born 12/04/1985 in Hungary, a.kern@example.org"
    direct = {place for one in scan(text) for place in range(one.start, one.end)}
    everything = {place for one in scan(text, scope="all") for place in range(one.start, one.end)}
    assert direct < everything


def test_further_kinds_are_found_by_further_detectors_only() -> None:
    assert not KINDS & FURTHER_KINDS
    assert {kind for one in FURTHER for kind in one.kinds} == FURTHER_KINDS
    assert all(one.kinds <= KINDS for one in DETECTORS)
    names = [one.name for one in FURTHER]
    assert len(names) == len(set(names))


TEXT = "She moved here from Hungary on 2018-02-24 to work for Datamyne, as she works as a nurse with asthma."
WORDS = ("Hungary", "2018", "Datamyne", "nurse", "asthma")


@pytest.mark.parametrize("policy", ["placeholder", "mask"])
def test_policies_know_further_kinds_and_a_second_pass_changes_nothing(policy: str) -> None:
    first = Redactor(policy, scope="all").redact_turns([TEXT])
    assert not any(word in first.texts[0] for word in WORDS)
    assert Redactor(policy, scope="all").redact_turns(first.texts).texts == first.texts


def test_surrogates_of_further_kinds_are_of_their_kind() -> None:
    made = Redactor("surrogate", b"secret", scope="all").redact_turns([TEXT]).texts[0]
    assert not any(word in made for word in WORDS)
    assert re.search(r"on 20(?:1[789])-\d\d-\d\d to work", made)


@pytest.mark.parametrize(
    "value", ["2018-02-24 12:45", "3rd of May 2021", "Tuesday", "1973", "12/31/1999", "5月1日", "2024年"]
)
def test_a_date_stays_a_date(value: str) -> None:
    made = Surrogates(b"secret").stand_in(value, "DATE_TIME")
    assert made != value
    assert made == Surrogates(b"secret").stand_in(value, "DATE_TIME")


@pytest.mark.parametrize("kind", sorted(FURTHER_KINDS - {"DATE_TIME"}))
def test_a_stand_in_is_stable_and_another_value(kind: str) -> None:
    surrogates = Surrogates(b"secret")
    made = surrogates.stand_in("Hungary", kind)
    assert made.lower() == surrogates.stand_in("hungary", kind).lower() != "hungary"

"""What is written about a dialogue is replaced as it was replaced there, wherever it stood."""

from privacy.pii.beside import replace_beside

TEXTS = ["Hello, [PERSON_1] here."]


def test_a_name_has_the_stand_in_that_it_has_in_the_dialogue() -> None:
    originals = [{"turn": 0, "start": 7, "end": 17, "kind": "PERSON", "value": "Zorvath Quillby"}]
    text, kinds = replace_beside("Dear Zorvath Quillby, tomorrow.", texts=TEXTS, originals=originals)
    assert text == "Dear [PERSON_1], tomorrow." and kinds == {"PERSON": 1}


def test_what_stood_beside_the_texts_is_known_as_well() -> None:
    originals = [
        {"place": "speaker", "kind": "PERSON", "value": "Zorvath Quillby", "replacement": "[PERSON_2]"},
        {"place": "meta", "path": "/code", "kind": "ORDER", "value": "482-11873", "replacement": "[ORDER_1]"},
        {"turn": 7, "start": 0, "end": 3, "kind": "PERSON", "value": "Ann"},
    ]
    text, _kinds = replace_beside("zorvath quillby asks for 482-11873", texts=TEXTS, originals=originals)
    assert text == "[PERSON_2] asks for [ORDER_1]"

"""What is wrong with a schema is said in the reader's language; code and place are the same in each."""

from typing import Any

import pytest
from django.utils.translation import override

from common.errors import Invalid
from tasks_app.designer.checking import check_text
from tasks_app.fields.problem import InvalidField, Problem, Said, said
from tasks_app.fields.schema import parse_fields
from tasks_app.saying import in_words
from tasks_app.services.projects import refuse

WRONG: list[Any] = [
    [],
    [1],
    [{"name": "Intent", "type": "choice", "labels": ["a"]}],
    [{"name": "x", "type": "magic"}],
    [{"name": "x", "type": "choice", "labels": []}],
    [{"name": "x", "type": "choice", "labels": ["a", "a", {"name": "b", "color": "?"}], "more": 1}],
    [{"name": "x", "type": "scale", "min": 5, "max": 1}, {"name": "x", "type": "text", "max_length": -1}],
    [{"name": "x", "type": "scale", "min": 1, "max": 6, "step": 2}],
    [{"name": "x", "type": "relation", "from": "qa", "labels": ["a"]}],
    [{"name": "x", "type": "choice", "labels": ["a"], "scope": "moon", "required": 3, "speakers": "me"}],
]


def problems_of(fields: Any) -> tuple[Problem, ...]:
    with pytest.raises(InvalidField) as refused:
        parse_fields(fields)
    return refused.value.problems


@pytest.mark.parametrize("fields", WRONG)
def test_every_problem_of_a_schema_speaks_chinese(fields: Any) -> None:
    for problem in problems_of(fields):
        assert isinstance(problem.detail, Said)
        with override("en"):
            assert in_words(problem) == problem.detail
        with override("zh-hans"):
            words = in_words(problem)
        assert words != problem.detail and any("一" <= sign <= "鿿" for sign in words) and "%(" not in words


def test_the_designer_marks_it_in_the_readers_language() -> None:
    text = '[{"name": "x", "type": "magic"}]'
    [english] = check_text(text).problems
    with override("zh-hans"):
        [chinese] = check_text(text).problems
    assert chinese.detail.startswith("没有这种字段类型")
    assert (english.code, english.pointer, english.start) == (chinese.code, chinese.pointer, chinese.start)


def test_rest_and_pages_refuse_in_the_readers_language() -> None:
    with override("zh-hans"):
        refusal = refuse(InvalidField(problems_of([])))
    assert isinstance(refusal, Invalid) and "答案字段" in refusal.problems[0].detail


def test_what_stands_in_the_words_is_kept_apart() -> None:
    words = said("At most %(most)s points; take larger steps.", most=9)
    assert words == "At most 9 points; take larger steps." and words.values == {"most": 9}
    assert said("100 % sure") == "100 % sure"

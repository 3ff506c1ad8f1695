import json

import pytest

from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import UnknownTemplate, template, templates
from tasks_app.importing.lines import parse_item
from training.engine.config import HEADS, FitConfig


def test_every_template_has_fields_that_parse_and_both_languages():
    assert "customer-service" in {one.name for one in templates()}
    for one in templates():
        assert parse_fields(one.fields)
        for language in ("en", "zh-hans"):
            assert one.title_in(language)
            assert one.summary_in(language)
            assert "\n" in one.instructions_in(language)
        assert one.title_in("en") != one.title_in("zh-hans")
        assert 1 <= one.overlap["min"] <= one.overlap["max"]
        assert one.reward["amount_minor"] > 0


def test_every_recipe_is_known_to_the_engine():
    for one in templates():
        for field in (field for field in one.fields if field["type"] in HEADS):
            config = FitConfig.from_json({**one.recipe, "head": field["type"], "field": field})
            assert config.epochs == one.recipe["epochs"]


@pytest.mark.parametrize(
    "name", ["customer-service", "rank-replies", "question-answer-links", "health-triage"]
)
def test_every_sample_item_fits_its_template(name):
    chosen = template(name)
    fields = parse_fields(chosen.fields)
    lines = chosen.sample.read_text().splitlines()
    items = [parse_item(json.loads(line), fields) for line in lines]
    assert len(items) >= 30 and len({item.content_hash for item in items}) == len(items)
    gold = [item.gold for item in items if item.gold]
    assert len(gold) >= 5 and all(all(one.values()) for one in gold)


def test_labels_of_the_customer_service_template():
    fields = {field.name: field for field in parse_fields(template("customer-service").fields)}
    assert fields["qa"].labels == ("question", "answer")
    assert len(fields["intent"].labels) == 8
    assert fields["emotion"].speakers == ("customer",)


def test_an_unknown_template_names_those_there_are():
    with pytest.raises(UnknownTemplate, match="customer-service"):
        template("astrology")

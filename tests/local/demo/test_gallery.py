import pytest

from tasks_app.fields.schema import parse_fields
from tasks_app.gallery.catalogue import UnknownTemplate, template, templates
from training.engine.config import FitConfig


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
        for field in one.fields:
            config = FitConfig.from_json({**one.recipe, "head": field["type"], "field": field})
            assert config.epochs == one.recipe["epochs"]


def test_labels_of_the_customer_service_template():
    fields = {field.name: field for field in parse_fields(template("customer-service").fields)}
    assert fields["qa"].labels == ("question", "answer")
    assert len(fields["intent"].labels) == 8
    assert fields["emotion"].speakers == ("customer",)


def test_an_unknown_template_names_those_there_are():
    with pytest.raises(UnknownTemplate, match="customer-service"):
        template("astrology")

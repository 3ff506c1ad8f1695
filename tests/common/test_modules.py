"""Pages name their scripts' modules ahead, and every module's file can be kept for good."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template import Context, Template

from common.modules import modules_of

_NAMED = re.compile(r'from "(\.[^"]+)"')
STATIC = Path(settings.BASE_DIR) / "static"


def test_everything_that_the_workbench_imports_is_named_ahead() -> None:
    found = modules_of("js/workbench/index.js")
    assert len(found) == len(set(found))
    assert {"js/workbench/index.js", "js/fields/link-values.js", "js/csrf.js"} < set(found)
    for name in found:
        # Lines of comments do not begin with the word.
        lines = [line for line in (STATIC / name).read_text().splitlines() if line.startswith("import ")]
        for line in lines:
            assert (STATIC / name).parent.joinpath(*_NAMED.findall(line)).resolve() in {
                (STATIC / one).resolve() for one in found
            }, line


def test_the_page_has_one_link_for_each(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    page = Template('{% load modules %}{% modulepreload "js/workbench/index.js" %}').render(Context())
    assert page.count('<link rel="modulepreload" href="/static/js/') == len(
        modules_of("js/workbench/index.js")
    )


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        modules_of("js/workbench/gone.js")


def test_imports_name_the_files_that_can_be_kept(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_DIRS = [STATIC]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "common.modules.ModuleStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    paths: dict[str, str] = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    for name in [*modules_of("js/workbench/index.js"), *modules_of("js/site.js")]:
        text = (tmp_path / paths[name]).read_text()
        for url in re.findall(r'^(?:import|export) .*"(\.[^"]+)";$', text, re.MULTILINE):
            target = (tmp_path / paths[name]).parent.joinpath(url).resolve()
            assert str(target.relative_to(tmp_path.resolve())) in set(paths.values())
            assert re.search(r"\.[0-9a-f]{12}\.js$", url)
    assert 'import("./chart.' in (tmp_path / paths["js/site.js"]).read_text()

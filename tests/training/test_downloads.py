import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from django.test import Client

from accounts.models import User
from common.models import AuditEvent
from tests.factories import client_of
from training import energy
from training.engine.build import load_encoder
from training.engine.errors import EngineError
from training.models import ModelVersion

Make = Callable[..., ModelVersion]


def members(answer: object) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]


def test_the_whole_folder_comes_as_a_zip_and_no_pickle_with_it(make_version: Make, admin: User) -> None:
    version = make_version()
    (version.folder / "pytorch_model.bin").write_bytes(b"pickle")
    (version.folder / "link.json").symlink_to("/etc/hostname")
    answer = client_of(admin).get(f"/api/v1/models/{version.model.name}/versions/1/download")
    assert answer.status_code == 200 and answer["Content-Type"] == "application/zip"
    archive = members(answer)
    names = {Path(name).name for name in archive.namelist()}
    assert {"model.safetensors", "head.safetensors", "head.json", "README.md", "tokenizer.json"} <= names
    assert not names & {"pytorch_model.bin", "link.json"}
    assert {Path(name).suffix for name in names} <= {".safetensors", ".json", ".txt", ".md", ".jinja"}
    top = f"{version.model.name}-v1"
    assert archive.read(f"{top}/model.safetensors") == (version.folder / "model.safetensors").read_bytes()
    assert AuditEvent.objects.filter(action="model.downloaded").count() == 1


def test_an_archived_version_can_be_downloaded_from_its_page(make_version: Make, admin: User) -> None:
    version = make_version(stage="archived")
    browser = Client()
    browser.force_login(admin)
    path = f"/models/{version.model.name}/versions/1/download/"
    assert path in browser.get(f"/models/{version.model.name}/").content.decode()
    assert members(browser.get(path)).testzip() is None


def test_a_stranger_gets_404(make_version: Make, stranger: User) -> None:
    version = make_version()
    path = f"models/{version.model.name}/versions/1/download"
    assert client_of(stranger).get(f"/api/v1/{path}").status_code == 404
    browser = Client()
    browser.force_login(stranger)
    assert browser.get(f"/{path}/").status_code == 404


def test_the_card_has_the_header_that_the_hub_reads(make_version: Make) -> None:
    version = make_version()
    _empty, head, body = version.card.split("---\n", 2)
    told = yaml.safe_load(head)
    [result] = told["model-index"][0]["results"]
    assert told["license"] == "other" and told["pipeline_tag"] == "text-classification"
    assert result["metrics"][0]["value"] == pytest.approx(version.metrics["test"], abs=1e-4)
    assert result["dataset"]["revision"] == version.snapshot.sha256
    assert "Energy: about" in body and "estimate" in body and "## Lineage and licence" in body


def test_energy_is_time_times_draw() -> None:
    assert energy.estimated_wh("CPU, 4 threads, AVX512", 3600) == 40
    assert energy.estimated_wh("NVIDIA H100 80GB HBM3", 1800) == 350


def test_weights_in_a_pickle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(EngineError, match="pickle that could run any code"):
        load_encoder(str(tmp_path))

"""No Docker here: the files are parsed, and everything that they name is looked up."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


class Loader(yaml.SafeLoader):
    """Compose has tags of its own, such as !reset."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


@pytest.fixture(scope="module")
def compose():
    return yaml.load((ROOT / "docker-compose.yml").read_text(), Loader)  # noqa: S506 - a SafeLoader


def variables_of_settings():
    files = ("settings.py", "providers.py", "rest.py")
    text = "".join((ROOT / "platform/config" / name).read_text() for name in files)
    return set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', text))


def test_every_role_is_there(compose):
    assert set(compose["services"]) == {"postgres", "redis", "migrate", "web", "worker", "trainer", "beat"}


def test_every_variable_is_one_that_the_settings_read(compose):
    known = variables_of_settings()
    for name in compose["services"]["web"]["environment"]:
        assert name.removesuffix("_FILE") in known, name


def test_no_password_stands_in_the_file(compose):
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(
        r"(?i)(password|secret_key|vault_key)\s*:\s*['\"]?[A-Za-z0-9+/=]{6,}['\"]?\s*$", text, re.M
    )
    assert "POSTGRES_PASSWORD:" not in text


def test_every_secret_is_made_by_the_script(compose, tmp_path):
    (tmp_path / "docs").mkdir()
    script = tmp_path / "docs" / "make-secrets.sh"
    script.write_text((ROOT / "docs/make-secrets.sh").read_text())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    for secret in compose["secrets"].values():
        assert (tmp_path / secret["file"]).read_text().strip()
    used = {name for service in compose["services"].values() for name in service.get("secrets", [])}
    assert used == set(compose["secrets"])


def test_volumes_and_dependencies_exist(compose):
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in compose["volumes"], name
        for dependency in service.get("depends_on", {}):
            assert dependency in compose["services"], name


def test_long_running_services_are_watched(compose):
    for name in ("postgres", "redis", "web", "worker", "trainer"):
        assert "test" in compose["services"][name]["healthcheck"], name


def test_the_trainer_sees_every_gpu_and_takes_one_run_for_each(compose):
    trainer = compose["services"]["trainer"]
    [device] = trainer["deploy"]["resources"]["reservations"]["devices"]
    assert (device["capabilities"], device["count"]) == (["gpu"], "all")
    assert "train" in trainer["command"]
    assert "--concurrency" not in trainer["command"]


def test_commands_start_programs_of_the_lock_file_and_queues_of_the_settings(compose, settings):
    lock = (ROOT / "requirements.lock").read_text().lower()
    for name in ("worker", "trainer", "beat"):
        command = compose["services"][name]["command"]
        assert command[0] == "celery" and "celery==" in lock
        assert command[command.index("-A") + 1] == "config"
    queues = {q for n in ("worker", "trainer") for q in _queues(compose["services"][n]["command"])}
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert queues == routed | {settings.CELERY_TASK_DEFAULT_QUEUE}


def _queues(command):
    return command[command.index("-Q") + 1].split(",")


@pytest.mark.parametrize("name", ["worker", "trainer", "beat"])
def test_celery_understands_the_options(compose, name):
    command = compose["services"][name]["command"]
    where = command.index("worker" if "worker" in command else "beat")
    help_text = subprocess.run(
        [str(Path(sys.executable).parent / "celery"), command[where], "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    ).stdout
    for option in command[where + 1 :]:
        if option.startswith("-"):
            assert option in help_text, option


def test_the_image_copies_what_exists_and_starts_what_is_locked():
    text = (ROOT / "Dockerfile").read_text()
    lock = (ROOT / "requirements.lock").read_text()
    for line in re.findall(r"^COPY (.+) \S+$", text, re.M):
        for source in shlex.split(line):
            assert (ROOT / source).exists(), source
    assert re.search(r'^CMD \["python", "-m", "config.serve"', text, re.M) and "granian==" in lock
    assert re.search(r"^torch==", lock, re.M)
    for setting in re.findall(r"--settings (\S+)", text):
        assert (ROOT / "platform" / (setting.replace(".", "/") + ".py")).exists()


def test_the_page_on_deployment_names_each_variable():
    named = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "deployment.md").read_text()))
    listed = re.findall(r"^([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert not set(listed) - named, "Say in docs/deployment.md what there is to decide."


def test_env_example_lists_each_variable_and_nothing_else():
    listed = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert listed == variables_of_settings() | {"DEBUG"}

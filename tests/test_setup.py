"""The set-up's papers agree: settings, .env.example, docker-compose.yml, Dockerfile, lock files, Makefile."""

import ast
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from logging.config import DictConfigurator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.logs import RequestIdFilter
from config.sessions import IdleLimitMiddleware
from scripts import keys, world

ROOT = Path(settings.BASE_DIR)
# Read by the scripts of `make run` and by compose itself, not by the settings.
OF_THE_SCRIPTS = {"PORT", "WEB_PROCESSES"}
OF_COMPOSE = {"POSTGRES_PASSWORD"}
# Chosen for the container by the image and the file itself.
FIXED_IN_COMPOSE = {"DATA_DIR", "DATABASE_URL", "REDIS_URL", "DEBUG", "DEMO", "METRICS_DIR"}
NOT_IN_COMPOSE = {"DEMO_PASSWORD", "ENV_FILE"}


def read_by_settings() -> set[str]:
    """The variables that config/settings.py asks the environment for."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            found.add(node.args[0].value)
    return found


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def load_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of their own."""
    return subprocess.run(
        [sys.executable, "-c", "import config.settings as s; print(s.HTTPS, s.CELERY_BROKER_URL, s.DEMO)"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "ENV_FILE": os.devnull, "DATA_DIR": str(settings.DATA_DIR), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_example_names_every_setting_and_no_other() -> None:
    assert set(example()) == (read_by_settings() - {"ENV_FILE"}) | OF_THE_SCRIPTS | OF_COMPOSE


def test_example_as_it_stands_is_accepted(tmp_path: Path) -> None:
    keys.make_keys(tmp_path / "keys")
    done = load_settings(ENV_FILE=str(ROOT / ".env.example"), DATA_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_compose_hands_every_setting_to_every_process() -> None:
    services = compose()["services"]
    for name in ("prepare", "web", "worker", "beat"):
        environment = services[name]["environment"]
        assert set(environment) == read_by_settings() - NOT_IN_COMPOSE, name
        passed_on = {key for key, value in environment.items() if f"${{{key}" in str(value)}
        assert passed_on == set(environment) - FIXED_IN_COMPOSE, name
        assert str(environment["DEBUG"]) == str(environment["DEMO"]) == "0"


def test_compose_asks_for_nothing_that_the_example_does_not_name() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text(encoding="utf-8")))
    assert asked <= set(example())


def test_compose_services_are_watched_and_keep_what_they_write() -> None:
    document = compose()
    services = document["services"]
    assert set(services) == {"prepare", "web", "worker", "beat", "postgres", "redis"}
    for name, service in services.items():
        assert "healthcheck" in service or name == "prepare", name
        for volume in service["volumes"]:
            assert volume.split(":")[0] in document["volumes"], name
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])
    assert not any("ports" in services[name] for name in ("postgres", "redis", "worker", "beat"))


def test_image_is_not_run_by_root_and_has_what_pdf_needs() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    last_stage = text[text.rindex("FROM ") :]
    users = re.findall(r"^USER (\w+)$", last_stage, re.MULTILINE)
    assert users == ["platform"]
    assert last_stage.startswith("FROM python:3.11-slim-bookworm")
    packages = set(re.findall(r"\b(?:lib[\w.-]+|fontconfig|fonts-[\w-]+)\b", last_stage))
    checked = (ROOT / "scripts/system.sh").read_text(encoding="utf-8")
    assert {"libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-noto-cjk"} <= packages
    assert all(package in checked for package in packages)
    assert "--require-hashes -r requirements.lock" in last_stage


def test_lock_files_name_no_host() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?:|file:|--(extra-)?index-url|--find-links", text), name
        assert text.count("--hash=sha256:") > text.count("==")
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all(package.get("integrity") for name, package in lock["packages"].items() if name)


def test_every_wanted_package_is_locked() -> None:
    for stem in ("requirements", "requirements-dev"):
        locked = set(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==", (ROOT / f"{stem}.lock").read_text(), re.MULTILINE))
        lines = (ROOT / f"{stem}.in").read_text(encoding="utf-8").splitlines()
        wanted = {re.split(r"[\[<>=]", line)[0].lower() for line in lines if line and not line.startswith(("#", "-c"))}
        assert wanted <= locked


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DEBUG": "perhaps"}, "DEBUG"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"HTTPS": "0", "ALLOWED_HOSTS": "platform.example.org"}, "HTTPS"),
        ({"DEMO": "1", "ALLOWED_HOSTS": "platform.example.org"}, "HTTPS"),
        ({"SITE_URL": "ftp://example.org"}, "SITE_URL"),
        ({"DATABASE_URL": "mysql://a/b"}, "DATABASE_URL"),
        ({"REDIS_URL": "somewhere"}, "REDIS_URL"),
        ({"SESSION_IDLE_MINUTES": "0"}, "SESSION_IDLE_MINUTES"),
        ({"MAX_FILE_MB": "lots"}, "MAX_FILE_MB"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"STORAGE_OPTIONS": "{"}, "STORAGE_OPTIONS"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ],
)
def test_settings_refuse_nonsense(environment: dict[str, str], said: str) -> None:
    done = load_settings(**environment)
    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]


def test_settings_are_strict_by_default(tmp_path: Path) -> None:
    assert load_settings().stdout.split() == ["True", "filesystem://localhost//", "False"]
    missing = load_settings(DATA_DIR=str(tmp_path))
    assert "no key at" in missing.stderr
    keys.make_keys(tmp_path / "keys")
    (tmp_path / "keys/secret.key").chmod(0o644)
    assert "can be read by others" in load_settings(DATA_DIR=str(tmp_path)).stderr


def test_keys_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    assert keys.make_keys(folder) == ["secret.key", "seal.key", "checkpoint.key"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert keys.make_keys(folder) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert len(bytes.fromhex(before["seal.key"].decode())) == 32


def test_queue_keeps_its_promises() -> None:
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert not getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False)


def test_demo_is_built_aside_and_swapped_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[tuple[str, ...]] = []

    def manage(environment: dict[str, str], *arguments: str) -> None:
        commands.append(arguments)
        target = Path(environment["DATABASE_URL"].removeprefix("sqlite:///"))
        assert target != tmp_path / "db.sqlite3"
        target.touch()

    monkeypatch.setattr(world, "manage", manage)
    monkeypatch.setattr(world, "can_build", lambda: True)
    world.prepare({"DATA_DIR": str(tmp_path), "DEMO": "1"})
    assert [words[0] for words in commands] == ["migrate", "build_demo"]
    assert (tmp_path / "db.sqlite3").is_file()
    assert not (tmp_path / "building.sqlite3").exists()


def test_later_start_migrates_only_what_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE django_migrations (app TEXT, name TEXT)")
        ours = [(path.parts[-3], path.stem) for path in ROOT.glob("*/migrations/[0-9]*.py")]
        database.executemany("INSERT INTO django_migrations VALUES (?, ?)", ours)
        database.commit()
        assert not world.up_to_date(file), "nothing is known of the packages' own migrations"
        world.remember(file)
        assert world.up_to_date(file)
        database.execute("DELETE FROM django_migrations WHERE app = ?", [ours[0][0]])
        database.commit()
        assert not world.up_to_date(file)


@pytest.mark.postgres
@pytest.mark.django_db
def test_later_start_on_a_server_asks_the_server(tmp_path: Path) -> None:
    named = connection.settings_dict
    host = f"{named['USER']}:{named['PASSWORD']}@{named['HOST']}:{named['PORT']}"
    environment = {"DATA_DIR": str(tmp_path), "DATABASE_URL": f"postgresql://{host}/{named['NAME']}"}
    place, address = world.server_place(environment), environment["DATABASE_URL"]
    assert not world.up_to_date(place, address), "nothing is known of the packages' own migrations"
    world.remember(place)
    assert world.up_to_date(place, address)
    assert not world.up_to_date(place, f"postgresql://{host}/no_such_database")
    elsewhere = {**environment, "DATABASE_URL": f"postgresql://{host}/other"}
    assert world.server_place(elsewhere) != place


def test_asking_no_keeps_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "can_build", lambda: True)
    monkeypatch.delenv("ASK", raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: "n")
    (tmp_path / "db.sqlite3").write_bytes(b"ours")
    assert world.renew({"DATA_DIR": str(tmp_path)}) == 1
    assert (tmp_path / "db.sqlite3").read_bytes() == b"ours"


def test_upload_stays_in_memory_and_over_the_limit_keeps_only_its_size(settings: Any) -> None:
    settings.MAX_FILE_BYTES = 100_000
    files = {"small": SimpleUploadedFile("a.txt", b"a" * 100_000), "large": SimpleUploadedFile("b.txt", b"b" * 150_000)}
    received = RequestFactory().post("/", files).FILES
    assert received["small"].read() == b"a" * 100_000
    assert not hasattr(received["small"], "temporary_file_path")
    assert received["large"].size == 150_000
    assert received["large"].read() == b""


def test_request_over_its_limit_is_refused(settings: Any) -> None:
    settings.MAX_REQUEST_BYTES = 1000
    with pytest.raises(RequestDataTooBig):
        _ = RequestFactory().post("/", {"file": SimpleUploadedFile("a.txt", b"a" * 2000)}).FILES


@pytest.mark.django_db
def test_request_over_its_limit_is_answered_in_words(settings: Any, client: Client) -> None:
    settings.MAX_REQUEST_BYTES, settings.MAX_FILE_BYTES = 1000, 5 * 1024 * 1024
    answer = client.post("/accounts/login/", {"file": SimpleUploadedFile("a.txt", b"a" * 2000)})
    assert answer.status_code == 413
    page = answer.content.decode()
    assert "文件太大" in page
    assert "一个文件不能超过 5 MB" in page


@pytest.mark.django_db
def test_request_leaves_one_line_without_its_address(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    configuration = dict(settings.LOGGING["formatters"]["json"])
    formatter = DictConfigurator(settings.LOGGING).configure_formatter(configuration)
    caplog.handler.addFilter(RequestIdFilter())
    with caplog.at_level("INFO"):
        number = client.get("/accounts/login/?next=/secret/").headers["X-Request-ID"]
        client.get("/healthz")
    lines = [json.loads(formatter.format(record)) for record in caplog.records]
    assert [(line["route"], line["status"], line["request_id"]) for line in lines] == [("accounts/login/", 200, number)]
    assert "secret" not in json.dumps(lines)


def test_session_is_prolonged_once_a_minute_and_not_by_a_page_that_asks_by_itself() -> None:
    class Session(dict[str, Any]):
        pass

    def ask(session: Session, **headers: str) -> bool:
        before = session.get("seen_at")
        request: HttpRequest = RequestFactory().get("/", headers=headers)
        request.COOKIES["sessionid"] = "x"
        request.session = session
        IdleLimitMiddleware(lambda asked: HttpResponse())(request)
        return session.get("seen_at") != before

    logged_in = Session(_auth_user_id="1", seen_at=0)
    assert not ask(Session())
    assert not ask(logged_in, **{"X-Unattended": "1"})
    assert ask(logged_in)
    assert not ask(logged_in)

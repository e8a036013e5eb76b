"""The platform's settings as the tests want them: throwaway keys and folders, everything else as it is.

DATABASE_URL and REDIS_URL are taken from the environment, so the same suite runs on both pairs of servers.
"""

import atexit
import importlib.util
import os
import secrets
import shutil
import tempfile
from pathlib import Path

# One folder a run, shared by the processes that pytest-xdist and the tests start; its maker takes it away.
if "TEST_RUN_DIR" not in os.environ:
    os.environ["TEST_RUN_DIR"] = tempfile.mkdtemp(prefix="platform-tests-")
    atexit.register(shutil.rmtree, os.environ["TEST_RUN_DIR"], ignore_errors=True)
run_dir = Path(os.environ["TEST_RUN_DIR"])
lane = os.environ.get("PYTEST_XDIST_WORKER", "main")

data_dir = run_dir / lane
keys_dir = data_dir / "keys"
if not keys_dir.is_dir():
    keys_dir.mkdir(parents=True, mode=0o700)
    for name in ("secret.key", "seal.key", "checkpoint.key"):
        (keys_dir / name).touch(mode=0o600)
        (keys_dir / name).write_text(secrets.token_hex(32), encoding="ascii")

os.environ |= {
    "ENV_FILE": os.devnull,
    "DATA_DIR": str(data_dir),
    "DEBUG": "0",
    "DEMO": "1" if importlib.util.find_spec("demo") else "0",
    "HTTPS": "0",
    # The cast logs in with a password alone; tests/accounts/authenticators switch it on.
    "TWO_FACTOR": "0",
    "METRICS_DIR": os.environ.get("TEST_METRICS", ""),
    "METRICS_TOKEN": "metrics-of-the-tests-0123456789-abcdef",
}
for name in (
    "SECRET_KEY",
    "SEAL_KEY_FILE",
    "CHECKPOINT_KEY_FILE",
    "CHECKPOINT_FILE",
    "ALLOWED_HOSTS",
    "SITE_URL",
    "STORAGE_BACKEND",
    "STORAGE_OPTIONS",
):
    os.environ.pop(name, None)

from config.settings import *  # noqa: E402, F403 - the settings read the environment that was laid out above
from config.settings import API_RATES, CACHES, CELERY_BROKER_TRANSPORT_OPTIONS, DATABASES, LOGGING, REDIS_URL, STORAGES  # noqa: E402
from core import clock  # noqa: E402

# Runs beside each other, on one server, do not meet: each has a database and a key space of its own.
run_name = f"{run_dir.name.replace('-', '_')}"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not memory: live servers and real workers open it too.
    DATABASES["default"]["TEST"] = {"NAME": str(data_dir / "test.sqlite3")}
else:
    DATABASES["default"]["TEST"] = {"NAME": f"test_{run_name}".lower()}
    # A database of an hour waits for no disk.
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
if "TEST_DATABASE" in os.environ:
    # A worker that a test has started works in the database which that test is in.
    DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    MEDIA_ROOT = os.environ["TEST_MEDIA"]
if REDIS_URL:
    CACHES["default"]["KEY_PREFIX"] = f"{run_name}:{lane}"
    CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"] = f"{run_name}:{lane}:"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
# No handler of ours: pytest's own catches what is logged.
LOGGING["root"]["handlers"] = []
LOGGING["loggers"]["django"] = {"level": "WARNING"}

if "TEST_CLOCK" in os.environ:
    # A worker that a test has started goes on from the moment at which the test stands.
    clock.set_travel(os.environ["TEST_CLOCK"])

# Tables that ask every address as everybody are no programs in a hurry; tests of the rates set their own.
API_RATES = dict.fromkeys(API_RATES, "100000/s")

# Tests that kill a worker do not wait a minute for the next one to take over.
OUTBOX_LEASE_SECONDS = REPORT_STALE_SECONDS = 6

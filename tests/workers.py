"""A real Celery worker for tests: started, watched, killed and ended by its process id."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from core import clock

READY = "ready."


@dataclass
class Worker:
    """One running worker: its process and the file it writes its log to."""

    process: subprocess.Popen[bytes]
    log: Path

    def kill(self) -> None:
        """SIGKILL the worker and its children, as a machine that loses power does."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ask the worker to finish what it holds and to go; insist after twenty seconds."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def running_worker(database: str, media: Path, *, seconds: float = 240) -> Iterator[Worker]:
    """Start a worker and wait until it takes tasks; end it afterwards. Its clock runs on from the test's.

    database   name (SQLite: path) of the test's database
    media      the folder in which the test looks for files
    raises     RuntimeError with the worker's log when it is not ready in time
    """
    environment = {
        **os.environ,
        "TEST_DATABASE": database,
        "TEST_MEDIA": str(media),
        "TEST_CLOCK": clock.now().isoformat(),
    }
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    # The filesystem transport moves what it takes through the temporary folder: on one disk that is one rename.
    taken = Path(settings.CELERY_DIR) / "taken"
    taken.mkdir(exist_ok=True)
    environment["TMPDIR"] = str(taken)
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO", "--concurrency", "1"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with TemporaryDirectory() as folder:
        log = Path(folder) / "worker.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=environment, cwd=settings.BASE_DIR, stdout=out, stderr=out, start_new_session=True
            )
        started = Worker(process, log)
        try:
            _wait_until_ready(started, seconds)
            yield started
        finally:
            started.stop()


def _wait_until_ready(worker: Worker, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while READY not in worker.log.read_text(encoding="utf-8", errors="replace"):
        if worker.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the worker did not start:\n" + worker.log.read_text(encoding="utf-8", errors="replace"))
        time.sleep(0.1)

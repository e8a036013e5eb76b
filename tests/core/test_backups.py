"""The drill: a backup of a walked case is restored into an empty database by the real command, equal to the last row."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from audit.journal.models import JournalEntry
from core.backups import BackupFault, make_backup, read_manifest, restore_backup
from core.documents import Document
from tests.cast import make_cast
from tests.journeys.bids import sealed_bid
from tests.journeys.orders import published_order


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The name of a new database on the same server, or of a file that is not there yet."""
    if connection.vendor == "sqlite":
        yield str(folder / "restored.sqlite3")
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield name
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def walked() -> None:
    """Rows and files by operations alone, as the journal has them: an order that is called for, with a sealed bid."""
    cast = make_cast()
    sealed_bid(published_order(cast, title="新业态青年心理支持", quantity=10), cast, "provider2", "15500.00")


def restored(backup: Path, database: str, media: Path) -> subprocess.CompletedProcess[str]:
    """`manage.py restore` as an operator calls it, in a process of its own."""
    environment = {**os.environ, "TEST_DATABASE": database, "TEST_MEDIA": str(media)}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    command = [sys.executable, "manage.py", "restore", str(backup)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=settings.BASE_DIR, check=False)


@pytest.mark.django_db(transaction=True)
def test_drill(transactional_db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    walked()
    backup, media = tmp_path / "backup", tmp_path / "media"
    call_command("backup", backup)
    printed = capsys.readouterr().out
    assert "个文件" in printed
    manifest = read_manifest(backup)
    assert manifest.files == Document.objects.values("key").distinct().count() > 0
    assert manifest.rows["audit_journalentry"] == JournalEntry.objects.count()
    assert not any("seal.key" in path.read_text("utf-8", "ignore") for path in backup.iterdir())
    with empty_database(tmp_path) as database:
        done = restored(backup, database, media)
        assert done.returncode == 0, done.stderr
        assert "流水核验无误" in done.stdout
        for document in Document.objects.all():
            assert (media / document.key).read_bytes() == (Path(settings.MEDIA_ROOT) / document.key).read_bytes()
        again = restored(backup, database, media)
        assert again.returncode != 0
        assert "不是空的" in again.stderr
    with pytest.raises(BackupFault, match="不是空的"):
        restore_backup(backup)
    with pytest.raises(CommandError, match="不是空的"):
        call_command("backup", backup)


@pytest.mark.django_db(transaction=True)
def test_an_altered_backup_is_refused(transactional_db: None, tmp_path: Path) -> None:
    walked()
    backup = tmp_path / "backup"
    make_backup(backup)
    for name in ("files.tar", next(each.name for each in backup.iterdir() if each.name.startswith("database"))):
        copy = tmp_path / f"altered-{name}"
        shutil.copytree(backup, copy)
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
        with pytest.raises(BackupFault, match="摘要不一致"):
            read_manifest(copy)
    unfinished = tmp_path / "unfinished"
    shutil.copytree(backup, unfinished)
    (unfinished / "manifest.json").unlink()
    with pytest.raises(BackupFault, match="没有完整的备份"):
        read_manifest(unfinished)


@pytest.mark.django_db(transaction=True)
def test_rows_that_went_missing_are_named(transactional_db: None, tmp_path: Path) -> None:
    walked()
    backup = tmp_path / "backup"
    make_backup(backup)
    manifest = json.loads((backup / "manifest.json").read_text("utf-8"))
    manifest["rows"]["procurement_order"] += 1
    (backup / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with empty_database(tmp_path) as database:
        done = restored(backup, database, tmp_path / "media")
    assert done.returncode != 0
    assert "procurement_order" in done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_stored_file_that_is_gone_stops_the_backup(transactional_db: None, tmp_path: Path) -> None:
    walked()
    document = Document.objects.first()
    assert document is not None
    place = Path(settings.MEDIA_ROOT) / document.key
    content = place.read_bytes()
    try:
        place.write_bytes(b"other")
        with pytest.raises(BackupFault, match="摘要不一致"):
            make_backup(tmp_path / "damaged")
        place.unlink()
        with pytest.raises(BackupFault, match="缺少文件"):
            make_backup(tmp_path / "gone")
    finally:
        place.write_bytes(content)
    assert not (tmp_path / "gone" / "manifest.json").exists()

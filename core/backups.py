"""Backup and restore (备份与恢复): one folder with the database of one moment, every file it names, and what must be equal.

The database is copied as of one moment while people go on working; files are write-once, so those that this copy names
are all there and stay as they are. Keys are not in it: a copy that is stolen opens no sealed bid.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core import clock
from core.documents import Document, Removal

MANIFEST: Final = "manifest.json"
FILES: Final = "files.tar"
DATABASES: Final = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
PIECE: Final = 1024 * 1024


class BackupFault(Exception):
    """A backup that cannot be made, or must not be restored; its sentence says why."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    made_at   aware, as ISO text;  vendor: "sqlite" | "postgresql";  digests: SHA-256 in hex by file name
    rows      rows by table at that moment;  files: how many stored files;  seconds: how long it took
    """

    made_at: str
    vendor: str
    digests: dict[str, str]
    rows: dict[str, int]
    files: int
    seconds: float


def make_backup(folder: Path) -> Manifest:
    """Write a backup into a new folder: database, files, manifest.

    raises  BackupFault (the folder is not empty, the database tool fails, a stored file is gone or damaged)
    """
    begun = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise BackupFault(_("%(folder)s 不是空的，备份请写到新的目录。") % {"folder": folder})
    vendor, moment = connection.vendor, clock.now()
    if vendor not in DATABASES:
        raise BackupFault(_("不认识的数据库：%(vendor)s。") % {"vendor": vendor})
    database = folder / DATABASES[vendor]
    copied = _copy_sqlite(database) if vendor == "sqlite" else _dump_postgresql(database)
    _pack(folder / FILES, copied.keys)
    digests = {name: _digest(folder / name) for name in (database.name, FILES)}
    seconds = round(time.perf_counter() - begun, 3)
    manifest = Manifest(moment.isoformat(), vendor, digests, copied.rows, len(copied.keys), seconds)
    # Last, so that a folder without it is a backup that never ended.
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1), "utf-8")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose files are all as they were. raises  BackupFault (not ended, altered, a file is gone)"""
    try:
        manifest = Manifest(**json.loads((folder / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise BackupFault(_("%(folder)s 里没有完整的备份。") % {"folder": folder}) from fault
    for name, digest in manifest.digests.items():
        if not (folder / name).is_file() or _digest(folder / name) != digest:
            raise BackupFault(_("%(name)s 与清单的摘要不一致，不能用来恢复。") % {"name": name})
    return manifest


def restore_backup(folder: Path) -> Manifest:
    """Put a backup into the empty database and storage of these settings, and prove that it is the same.

    returns  the manifest, with the seconds that restoring took
    raises   BackupFault (see read_manifest; another kind of database; the database is not empty; rows or the journal differ
             afterwards: then it must not be put to use)
    """
    begun = time.perf_counter()
    manifest = read_manifest(folder)
    if manifest.vendor != connection.vendor:
        raise BackupFault(
            _("这份备份来自 %(was)s，现在的数据库是 %(now)s。") % {"was": manifest.vendor, "now": connection.vendor}
        )
    if connection.introspection.table_names():
        raise BackupFault(_("数据库不是空的，请恢复到新的库。"))
    source = folder / DATABASES[manifest.vendor]
    connection.close()
    (_put_sqlite if manifest.vendor == "sqlite" else _put_postgresql)(source)
    _unpack(folder / FILES)
    with connection.cursor() as cursor:
        rows = _count(_tables(cursor), cursor.execute, cursor.fetchone)
    if rows != manifest.rows:
        changed = sorted(name for name in rows.keys() | manifest.rows if rows.get(name) != manifest.rows.get(name))
        raise BackupFault(_("恢复后行数与备份不一致：%(tables)s。") % {"tables": "、".join(changed)})
    # The file of checkpoints is not in the backup, and may know younger ones.
    call_command("verify_journal", without_file=True, stdout=io.StringIO())
    return Manifest(**{**asdict(manifest), "seconds": round(time.perf_counter() - begun, 3)})


@dataclass(frozen=True)
class _Copied:
    """What the copied database says of itself: rows by table, and the storage keys of its documents."""

    rows: dict[str, int]
    keys: list[str]


KEYS: Final = (  # files that a destruction list took out of storage are in no backup that is made afterwards
    f"SELECT DISTINCT d.key FROM {Document._meta.db_table} d LEFT JOIN {Removal._meta.db_table} r "  # noqa: S608 - constants
    "ON r.document_id = d.id WHERE r.id IS NULL ORDER BY d.key"
)


def _copy_sqlite(target: Path) -> _Copied:
    """SQLite's own way: a whole copy as of one moment, while others read and write."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    with closing(sqlite3.connect(target)) as copy:
        plain = copy.cursor()
        plain.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        names = [name for (name,) in plain.fetchall()]
        rows = _count(names, plain.execute, plain.fetchone)
        return _Copied(rows, [key for (key,) in plain.execute(KEYS)])


def _dump_postgresql(target: Path) -> _Copied:
    """pg_dump and the counting see the same snapshot."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}", f"--file={target}", _name())
        rows = _count(_tables(cursor), cursor.execute, cursor.fetchone)
        cursor.execute(KEYS)
        return _Copied(rows, [key for (key,) in cursor.fetchall()])


def _put_sqlite(source: Path) -> None:
    target = Path(settings.DATABASES["default"]["NAME"])
    for beside in (target, target.with_name(f"{target.name}-wal"), target.with_name(f"{target.name}-shm")):
        beside.unlink(missing_ok=True)  # empty, as was just looked at
    with closing(sqlite3.connect(source)) as stored, closing(sqlite3.connect(target)) as fresh:
        stored.backup(fresh)


def _put_postgresql(source: Path) -> None:
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", f"--dbname={_name()}", str(source))


def _name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _run(*command: str) -> None:
    """One of PostgreSQL's own programs, with the connection of the settings; the password stays out of its arguments."""
    given = settings.DATABASES["default"]
    wanted = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    named = {name: str(given[key]) for name, key in wanted.items() if given.get(key)}
    try:
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **named})  # noqa: S603 - fixed programs
    except FileNotFoundError:
        raise BackupFault(_("没有 %(program)s，请安装 postgresql-client。") % {"program": command[0]}) from None
    except subprocess.CalledProcessError as fault:
        raise BackupFault(fault.stderr.decode(errors="replace").strip()[-400:]) from None


def _tables(cursor: Any) -> list[str]:
    return sorted(each.name for each in connection.introspection.get_table_list(cursor) if each.type == "t")


def _count(names: list[str], execute: Callable[[str], Any], one: Callable[[], Any]) -> dict[str, int]:
    found = {}
    for name in names:
        execute(f'SELECT COUNT(*) FROM "{name}"')  # noqa: S608 - the database's own names
        found[name] = one()[0]
    return found


def _pack(target: Path, keys: list[str]) -> None:
    """The stored files of these keys, each compared with the digest that its key ends in."""
    with tarfile.open(target, "w") as archive:
        for key in keys:
            try:
                with default_storage.open(key) as stream:
                    content = stream.read()
            except FileNotFoundError:
                raise BackupFault(_("存储里缺少文件 %(key)s。") % {"key": key}) from None
            _require_whole(key, content)
            info = tarfile.TarInfo(key)
            info.size, info.mode = len(content), 0o600
            archive.addfile(info, io.BytesIO(content))


def _unpack(source: Path) -> None:
    with _members(source) as members:
        for key, content in members:
            _require_whole(key, content)
            if not default_storage.exists(key):
                default_storage.save(key, ContentFile(content))


@contextmanager
def _members(source: Path) -> Iterator[Iterator[tuple[str, bytes]]]:
    """(key, content) of each file in the archive; only plain files, read by name and never written to a path of the archive."""
    with tarfile.open(source) as archive:

        def each() -> Iterator[tuple[str, bytes]]:
            for member in archive:
                stream = archive.extractfile(member)
                if stream is not None:
                    yield member.name, stream.read()

        yield each()


def _require_whole(key: str, content: bytes) -> None:
    if hashlib.sha256(content).hexdigest() != key.rpartition("/")[2]:
        raise BackupFault(_("文件 %(key)s 与它的摘要不一致。") % {"key": key})


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()

"""The data of a release (发布数据): every row of a walked world, as that release's own migrations lay it out.

Written once a release from the demonstration, whose people are invented, and kept in tests/upgrades. Later code is
tested against it: an empty database is migrated to that release's leaves, the rows are put in, then it is brought up
to date. Rows are read and written through the historical models of the migrations, never through today's.
"""

from __future__ import annotations

import json
import lzma
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from core import clock

# Made anew by every migrate, or of no meaning after a restart.
LEFT_OUT: Final = {"auth", "contenttypes", "sessions"}


@dataclass(frozen=True)
class Release:
    """What one release left behind.

    leaves   the last migration of each app;  made_at: the moment of the world
    tables   per model label: {"columns": [...], "rows": [[...]]}, values as Django's serializers write them
    """

    version: str
    made_at: datetime
    leaves: list[tuple[str, str]]
    tables: dict[str, dict[str, Any]]

    def counts(self) -> dict[str, int]:
        """Rows by model label."""
        return {label: len(table["rows"]) for label, table in self.tables.items()}


def write_release(path: Path, version: str) -> Release:
    """Write all rows of the configured database, which is up to date, into a compressed file.

    returns  what was written
    raises   ValueError when the database lacks a migration
    """
    executor = MigrationExecutor(connection)
    leaves = sorted(executor.loader.graph.leaf_nodes())
    if executor.migration_plan(leaves):
        raise ValueError("the database is not up to date")
    tables = {}
    for model in _models(executor, leaves):
        fields = model._meta.concrete_fields
        found = model._base_manager.order_by("pk").iterator()
        rows = [[_plain(field, one) for field in fields] for one in found]
        tables[model._meta.label] = {"columns": [field.attname for field in fields], "rows": rows}
    release = Release(version, clock.now(), leaves, tables)
    text = {"version": version, "made_at": release.made_at.isoformat(), "leaves": leaves, "tables": tables}
    content = json.dumps(text, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(lzma.compress(content.encode(), preset=9 | lzma.PRESET_EXTREME))
    return release


def read_release(path: Path) -> Release:
    """The release that `write_release` wrote."""
    text = json.loads(lzma.decompress(path.read_bytes()))
    leaves = [(app, name) for app, name in text["leaves"]]
    return Release(text["version"], datetime.fromisoformat(text["made_at"]), leaves, text["tables"])


def load_release(release: Release) -> None:
    """Migrate the configured, empty database to a release and put its rows in. Keys are compared at the end.

    raises  ValueError when the database is not empty
    """
    if MigrationRecorder(connection).applied_migrations():
        raise ValueError("the database is not empty")
    executor = MigrationExecutor(connection)
    executor.migrate(release.leaves)
    executor = MigrationExecutor(connection)
    known = _models(executor, release.leaves)
    with transaction.atomic():
        for model in known:
            # What a migration has laid in itself stands in the release too.
            model._base_manager.all().delete()
        for model in known:
            table = release.tables[model._meta.label]
            named = {field.attname: field for field in model._meta.concrete_fields}
            fields = [named[column] for column in table["columns"]]
            for row in table["rows"]:
                values = {f.attname: f.to_python(value) for f, value in zip(fields, row, strict=True)}
                model(**values).save_base(raw=True, force_insert=True)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), known):
            cursor.execute(statement)


def _models(executor: MigrationExecutor, leaves: list[tuple[str, str]]) -> list[type[models.Model]]:
    """The models as these migrations leave them, link tables too."""
    historical = executor.loader.project_state(leaves).apps
    return [
        model
        for model in historical.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.app_label not in LEFT_OUT
    ]


def _plain(field: models.Field[Any, Any], one: models.Model) -> Any:
    value = field.value_from_object(one)
    return value if value is None or isinstance(value, bool | int | str) else field.value_to_string(one)

"""The starting list of required papers (起始归档目录), put in where it is missing."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from audit.archive.models import RequiredPaper
from audit.archive.starting_list import PAPERS


@transaction.atomic
def seed_papers(**kwargs: Any) -> None:
    """A new installation starts with the list; one that grew gets what is new. Receiver of post_migrate.

    What stands under a key stays as the unit has it: only keys that are not there at all are put in.
    """
    if RequiredPaper._meta.db_table not in connection.introspection.table_names():
        return
    known = set(RequiredPaper.objects.values_list("key", flat=True))
    RequiredPaper.objects.bulk_create(
        RequiredPaper(
            key=paper.key, n=n, stage=paper.stage, title=paper.title, owner=paper.owner, place=paper.place,
            source=paper.source, effective_from=paper.since, verified=paper.verified,
        )
        for n, paper in enumerate(PAPERS, 1)
        if paper.key not in known
    )  # fmt: skip

"""manage.py export_journal FILE: the journal with its checkpoints, or one case's entries with their proofs, to verify elsewhere."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.journal.export import export_journal
from audit.journal.models import JournalEntry
from audit.journal.proofs import proofs_of


class Command(BaseCommand):
    """Export the journal (日志导出)."""

    help = (
        "Write the journal as a zip with its stand-alone verifier, or with --case one case's entries as a JSON proof."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The new file, and which case."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--case", default="", help="a project's key: its entries alone, each with its proof")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file, readable by its owner; one that is there is left alone."""
        place: Path = options["file"]
        try:
            place.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            raise CommandError(f"{place} is there already") from None
        if options["case"]:
            entries = list(JournalEntry.objects.filter(case_key=options["case"]).order_by("at", "object_key", "n"))
            place.write_text(json.dumps(proofs_of(entries), ensure_ascii=False, indent=1), "utf-8")
            count = len(entries)
        else:
            with place.open("r+b") as target:
                count = export_journal(target)
        self.stdout.write(f"{count} entries in {place}")

"""manage.py verify_journal: name whatever in the journal or the rows does not agree; exit 1 if anything."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.journal.surroundings import verify_surroundings
from audit.journal.verification import verify


class Command(BaseCommand):
    """Verify the journal (日志校验)."""

    help = "Verify every chain of the journal against its entries and the rows. Exit 1 at the first disagreement found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--all: what the journal is about; --without-file: after a restore, whose database is older than the file."""
        parser.add_argument(
            "--all", action="store_true", help="files, reports, notices, stated columns, the ledger too"
        )
        parser.add_argument("--without-file", action="store_true", help="leave the checkpoint file outside alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was compared, or the findings with the first broken entry on top."""
        count, findings = verify(outside=not options["without_file"])
        told = f"{count} entries"
        if options["all"]:
            around = verify_surroundings()
            findings += around.findings
            told += (
                f", {around.documents} files ({around.unnamed} of them named by no entry), {around.reports} reports, "
                f"{around.notices} notices, {around.columns} columns"
            )
        if findings:
            for finding in findings[:100]:
                self.stderr.write(str(finding))
            raise CommandError(f"{len(findings)} findings in {told}; first: {findings[0]}")
        self.stdout.write(f"journal verified: {told}, no finding")

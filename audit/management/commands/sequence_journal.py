"""manage.py sequence_journal: number what waits, to the last entry, and sign a checkpoint; the clock does it every ten seconds."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audit.journal.anchors import checkpoint_file, rewrite_file
from audit.journal.sequencer import sequence


class Command(BaseCommand):
    """Number the journal's entries (编号)."""

    help = "Give every entry its place in the tree and sign checkpoints; catches up with an old journal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--rewrite-file: after the checkpoint file was lost, or after a restore."""
        parser.add_argument("--rewrite-file", action="store_true", help="write the checkpoint file anew; keeps the old")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until nothing waits; say how many."""
        numbered = 0
        while taken := sequence():
            numbered += taken
        if options["rewrite_file"]:
            lines = rewrite_file()
            self.stdout.write(f"{checkpoint_file()}: {lines} checkpoints")
        self.stdout.write(f"{numbered} entries numbered")

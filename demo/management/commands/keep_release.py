"""manage.py keep_release FILE: keep every row of the configured database as the data of the present release."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.releases import write_release


class Command(BaseCommand):
    """Keep a release's data (发布数据) for later upgrade tests; `make release` calls it on a fresh demonstration."""

    help = "Keep all rows of the configured, up-to-date database as the data of the present release."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say what is in it."""
        try:
            release = write_release(options["file"], settings.VERSION)
        except ValueError as fault:
            raise CommandError(str(fault)) from None
        rows, size = sum(release.counts().values()), options["file"].stat().st_size
        self.stdout.write(f"{options['file']}: {release.version}, {rows} rows, {size // 1024} KB")

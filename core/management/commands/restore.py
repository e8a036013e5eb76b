"""manage.py restore: a backup into an empty database, compared with its manifest and verified."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.backups import BackupFault, restore_backup


class Command(BaseCommand):
    """Restore a backup (恢复)."""

    help = "Put a backup into the empty database of these settings; rows must be equal and the journal must verify."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which backup."""
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Restore it; print what is there now and how long it took."""
        try:
            made = restore_backup(folder)
        except BackupFault as fault:
            raise CommandError(str(fault)) from None
        rows = sum(made.rows.values())
        self.stdout.write(
            f"已恢复 {made.made_at} 的备份：{rows:,} 行一致，{made.files:,} 个文件，流水核验无误，{made.seconds} 秒"
        )

"""manage.py backup: the database of one moment and every file it names, in a new folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import clock
from core.backups import BackupFault, make_backup


class Command(BaseCommand):
    """Make a backup (备份)."""

    help = "Write the database, the files and a manifest into a new folder; people may go on working meanwhile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to; by default a folder named by the moment, below the data folder."""
        parser.add_argument("folder", nargs="?", type=Path)

    def handle(self, *args: Any, folder: Path | None = None, **options: Any) -> None:
        """Make it; print where it lies, how much it holds and how long it took."""
        target = folder or Path(settings.DATA_DIR) / "backups" / f"{clock.local(clock.now()):%Y%m%d-%H%M%S}"
        try:
            made = make_backup(target)
        except BackupFault as fault:
            raise CommandError(str(fault)) from None
        rows = sum(made.rows.values())
        self.stdout.write(
            f"已备份到 {target}：{len(made.rows)} 张表 {rows:,} 行，{made.files:,} 个文件，{made.seconds} 秒"
        )
        self.stdout.write("密钥不在其中，请另行保存 keys/ 目录。")

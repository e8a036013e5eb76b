"""`manage.py import_catalog FILE`: load official schemes (导入官方目录)."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.categories.operations import import_categories
from core.errors import Refused


class Command(BaseCommand):
    """Load a table of categories; a broken row is named and nothing half-loaded."""

    help = "导入官方目录：CSV（UTF-8、GB18030）或 xlsx，列 code,name,parent,level,scheme,status,seed_category,note"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"没有这个文件：{path}")
        try:
            done = import_categories(path.read_bytes(), name=path.name)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"新增 {done.added} 行，更新 {done.changed} 行，未变 {done.unchanged} 行")

"""manage.py build_demo: build the demonstration world into the configured (empty, migrated) database."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.organizations.models import Organization
from demo.world import build


class Command(BaseCommand):
    """Build the demonstration world (演示世界)."""

    help = "Build the demonstration world into an empty database. Refuses a database that has organizations."

    def handle(self, *args: Any, **options: Any) -> None:
        """Play the story, chapter by chapter."""
        if Organization.objects.exists():
            raise CommandError("the database has organizations already; make demo builds a fresh one beside it")
        build(lambda line: self.stdout.write(f"  {line}"))

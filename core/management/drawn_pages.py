"""Pages of the docs that are drawn from the code, so that they cannot lag behind it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import ForeignKey, Model

from core.aggregates import Aggregate
from core.lifecycle import Lifecycle


class DrawnPage(BaseCommand):
    """A command that writes one page, or with --check only says whether it is up to date (exit 1 when it is not)."""

    page: ClassVar[str]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is out of date")

    def draw(self) -> str:
        """The page's whole text."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / self.page
        text = self.draw()
        if path.is_file() and path.read_text("utf-8") == text:
            self.stdout.write(f"{self.page} is up to date")
        elif options["check"]:
            raise CommandError(f"{self.page} is out of date")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            self.stdout.write(f"{self.page} written")


def lifecycles() -> list[Lifecycle]:
    """Every lifecycle once, in the order in which a case meets them: by app, then by how far its keys reach down."""
    models = [model for model in apps.get_models() if issubclass(model, Aggregate)]
    floors = [config.label for config in apps.get_app_configs()]
    models.sort(key=lambda model: (floors.index(model._meta.app_label), _depth(model), model.__name__))
    return list({model.lifecycle.name: model.lifecycle for model in models}.values())


def first_line(thing: object) -> str:
    """The first line of a docstring: the deed."""
    return (thing.__doc__ or "").strip().partition("\n")[0].strip()


def cell(text: str) -> str:
    """Text as it may stand in a table's cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def _depth(model: type[Model], seen: tuple[type[Model], ...] = ()) -> int:
    """The length of the longest way down the foreign keys."""
    targets = [field.related_model for field in model._meta.get_fields() if isinstance(field, ForeignKey)]
    down = [target for target in targets if target not in (*seen, model)]
    return max((1 + _depth(target, (*seen, model)) for target in down), default=0)

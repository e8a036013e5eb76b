"""Whether there is anything (有没有): many small questions in one, written once a process.

To build a query set in Python costs more than to answer it, and most of what a desk or an object's page asks for is not there.
What is kept between requests is the text of a question; whom it is asked for is said each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Model

SOMEBODY = UUID("5b0f6c3e-9d7a-4c1b-8e2f-a0d1c2b3e4f5")
"""Stands in a written question for the key that it is asked for."""


class Question:
    """Whether a model has a row that belongs to a certain key and fulfils constant conditions.

    by      the lookup of the key, a UUID: "buyer", "contract__provider"
    where   further lookups, with constants alone: a status, never a moment and never a person
    """

    def __init__(self, model: type[Model], by: str, **where: Any) -> None:
        self.model, self.by, self.where = model, by, where

    def __repr__(self) -> str:
        return f"Question({self.model.__name__}, {self.by!r}, {self.where!r})"


def are_there(questions: Sequence[Question], key: UUID) -> list[bool]:
    """The answers for one key, in the order of the questions; one query, none for no question."""
    if not questions:
        return []
    written = [_written(question) for question in questions]
    different = list(dict.fromkeys(written))
    asked = models.UUIDField().get_db_prep_value(key, connection)
    values = [asked if value == _somebody() else value for _text, values in different for value in values]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(text for text, _values in different)}", values)
        found = dict(zip(different, cursor.fetchone(), strict=True))
    return [bool(found[each]) for each in written]


@cache
def _written(question: Question) -> tuple[str, tuple[Any, ...]]:
    rows = question.model._base_manager.filter(**{question.by: SOMEBODY}, **question.where).order_by()
    text, values = rows.values("pk").query.sql_with_params()
    return f"EXISTS ({text})", tuple(values)


def _somebody() -> Any:
    return models.UUIDField().get_db_prep_value(SOMEBODY, connection)

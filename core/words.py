"""Words in texts (查找): the rows whose names carry what somebody typed.

No index of PostgreSQL serves two Chinese characters within a text (pg_trgm wants three). A model that names its texts in `words`
has an index over every two neighbouring characters of them, made by a migration: the function `bigrams` tells these. Rows
that have all pairs of the word are found by it, and then looked at. SQLite reads the texts.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db import connection
from django.db.models import BooleanField, Func, Model, Q, QuerySet, Value

Some = TypeVar("Some", bound=Model)


class Bigrams(Func):
    """Every two neighbouring characters of some texts, in small letters; of PostgreSQL alone (core/migrations)."""

    function = "bigrams"


class Within(Func):
    """Whether the first array has all elements of the second; of PostgreSQL alone."""

    template, arg_joiner, output_field = "(%(expressions)s)", " @> ", BooleanField()


def carrying(rows: QuerySet[Some], word: str, *names: str) -> QuerySet[Some]:
    """The rows of which one of these fields carries the word, in small or capital letters.

    names  fields, also of related rows; those that the model has in its `words` are found by their index
    """
    found: Any = reduce(or_, (Q(**{f"{name}__icontains": word}) for name in names))
    if connection.vendor == "postgresql" and getattr(rows.model, "words", ()) == names and len(word) > 1:
        rows = rows.filter(Within(Bigrams(*names), Bigrams(Value(word))))
    return rows.filter(found)

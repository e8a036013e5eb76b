"""Long lists (长列表): counted up to a thousand, turned page by page as far as they go (docs/decisions/0032-long-lists.md).

A count of everything costs as much as everything; nobody reads whether it was 41,207 or 41,208. What is more than CAP is
told as 「1,000+」, and its sum is left out. Such a count is the number CAP + 1: `counted` in core.templatetags.ui says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import EmptyResultSet
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import cached_property

CAP, FARTHEST = 1_000, 1_000_000


def capped_counts(sets: Sequence[QuerySet[Any]], most: int = CAP + 1) -> list[int]:
    """How many rows each query set has, at most `most`; one query for all of them, none if all are empty.

    What is asked twice is counted once: a list without a filter is the first of its own views.
    """
    asked = [_keys_of(rows.order_by(), most) for rows in sets]
    different: list[tuple[str, tuple[Any, ...]]] = []
    for each in asked:
        if each and each not in different:
            different.append(each)
    if not different:
        return [0] * len(sets)
    parts = [f"(SELECT COUNT(*) FROM ({text}) counted_{n})" for n, (text, _values) in enumerate(different)]  # noqa: S608 - the text is Django's own
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", [value for _text, values in different for value in values])
        counts = cursor.fetchone()
    return [counts[different.index(each)] if each else 0 for each in asked]


def first_keys(sets: Sequence[QuerySet[Any]], most: int) -> list[list[Any]]:
    """The keys of the first rows of each query set, at most `most` of each; one query for all, none if all are empty.

    Keys are sorted here, and whole rows, with all their joins, are then read by `filter(pk__in=keys)`.
    """
    asked = {n: found for n, rows in enumerate(sets) if (found := _keys_of(rows, most))}
    # Keys are of several types: told as texts, they fit into one column.
    parts = [
        f"SELECT {n}, CAST(pk AS text) FROM ({text}) first_{n}"  # noqa: S608 - the text is Django's own
        for n, (text, _values) in asked.items()
    ]
    keys: list[list[Any]] = [[] for _rows in sets]
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), [value for _text, values in asked.values() for value in values])
            for n, key in cursor.fetchall():
                keys[n].append(sets[n].model._meta.pk.to_python(key))
    return keys


def _keys_of(rows: QuerySet[Any], most: int) -> tuple[str, tuple[Any, ...]] | None:
    """The question for the keys of the first rows; None where Django knows that there are none."""
    try:
        return rows.values("pk")[:most].query.sql_with_params()
    except EmptyResultSet:
        return None


# Generic for the type checker alone.
if TYPE_CHECKING:

    class _Page(Page[Any]): ...

    class _Paginator(Paginator[Any]): ...

else:
    _Page, _Paginator = Page, Paginator


def in_order(rows: QuerySet[Any], sort: str) -> QuerySet[Any]:
    """The rows by this field ("-amount": the largest first); equal ones by their key, the same way: one index serves both."""
    return rows.order_by(sort, "-pk" if sort.startswith("-") else "pk")


def narrowed(rows: QuerySet[Any], *names: str) -> QuerySet[Any]:
    """The rows with these fields alone, and joined to what they name ("provider__name") and to nothing else; no name: as they are."""
    if not names:
        return rows
    related = sorted({name.rpartition("__")[0] for name in names} - {""})
    plain = rows.select_related(None).prefetch_related(None)
    return (plain.select_related(*related) if related else plain).only(*names)


def keys_first(rows: QuerySet[Any], first: int, last: int) -> QuerySet[Any]:
    """The same rows as rows[first:last], in one query that sorts and skips keys alone and reads more only of what is shown.

    A wide row with its joins sorted by the thousand costs more than all the rest of a page. For rows with few joins (see
    `narrowed`): among more than eight tables PostgreSQL does not look for the order that begins with the keys.
    """
    return rows.filter(pk__in=rows.values("pk")[first:last])


class LongPage(_Page):
    """A page that knows from its own rows whether there is another."""

    def __init__(self, rows: Sequence[Any], number: int, paginator: LongPaginator, *, more: bool) -> None:
        super().__init__(rows, number, paginator)
        self.more = more

    def has_next(self) -> bool:
        """Whether a row follows."""
        return self.more

    def end_index(self) -> int:
        """The place of its last row."""
        return self.start_index() + len(self.object_list) - 1


class LongPaginator(_Paginator):
    """Pages of a query set, or of a list. Beyond CAP rows the last page is not known; one turns on until there is none.

    counted  how many rows there are, where the caller has asked already (`capped_counts`)
    """

    def __init__(self, rows: Any, per_page: int, counted: int | None = None) -> None:
        super().__init__(rows, per_page)
        self.counted = counted

    @cached_property
    def count(self) -> int:
        """How many rows, at most CAP + 1."""
        if self.counted is not None:
            return self.counted
        rows = self.object_list
        return capped_counts([rows], CAP + 1)[0] if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_long(self) -> bool:
        """Whether there are more rows than were counted."""
        return isinstance(self.object_list, QuerySet) and self.count > CAP

    @property
    def known_pages(self) -> int:
        """The pages of the rows that were counted."""
        return CAP // self.per_page if self.is_long else self.num_pages

    def validate_number(self, number: Any) -> int:
        """A whole number of at least 1; the end of a long list is found by going there."""
        if not self.is_long:
            return super().validate_number(number)
        try:
            found = int(number)
        except (TypeError, ValueError):
            raise PageNotAnInteger(self.error_messages["invalid_page"]) from None
        if not 1 <= found <= FARTHEST:
            raise EmptyPage(self.error_messages["no_results"])
        return found

    def page(self, number: Any) -> LongPage:
        """One page: its rows and one more, which tells whether there is a next.

        raises  EmptyPage (beyond the end) · PageNotAnInteger
        """
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows = list(self._rows(first, first + self.per_page + 1))
        if not rows and number > 1:
            raise EmptyPage(self.error_messages["no_results"])
        return LongPage(rows[: self.per_page], number, self, more=len(rows) > self.per_page)

    def get_page(self, number: Any) -> LongPage:
        """A page whatever is asked: the first for what is no number, the last known for what lies beyond the end."""
        try:
            return self.page(number)
        except EmptyPage:
            return self.page(self.known_pages)
        except PageNotAnInteger:
            return self.page(1)

    def _rows(self, first: int, last: int) -> Any:
        rows = self.object_list
        if isinstance(rows, QuerySet) and self.is_long:
            return keys_first(rows, first, last)
        return rows[first:last]

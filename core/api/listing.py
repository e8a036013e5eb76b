"""A list for programs: the filters, views and order of the list page; what makes no sense is refused, not passed over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import EmptyPage
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request

from core.actor import Actor
from core.api.asking import property_of
from core.errors import Invalid
from core.paging import CAP, FARTHEST, LongPaginator, in_order
from core.rooms import Room

USUAL, MOST = 25, 100
RANGE = ("after", "before")


class BadQuery(Invalid):
    """A filter, page or order that makes no sense (400)."""

    status = 400
    code = "bad_query"


class QueryForm(forms.Form):
    """What every list is asked besides its own filters."""

    page = forms.IntegerField(required=False, min_value=1, max_value=FARTHEST, help_text="第几页，从 1 起")
    page_size = forms.IntegerField(
        required=False, min_value=1, max_value=MOST, help_text=f"一页几条，默认 {USUAL}，最多 {MOST}"
    )
    sort = forms.ChoiceField(required=False, help_text="排序的字段，前加 - 为倒序")
    view = forms.ChoiceField(required=False, help_text="列表页上的分类")

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sorts = [(column.sort, column.label) for column in room.columns if column.sort]
        both = [pair for name, label in sorts for pair in ((name, label), (f"-{name}", f"{label}，倒序"))]
        views = [(view.query, view.label) for view in room.views if view.query]
        for name, choices in (("sort", both), ("view", views)):
            if choices:
                self.fields[name].choices = choices  # type: ignore[attr-defined]
            else:
                del self.fields[name]


def filter_fields(room: Room) -> dict[str, forms.Field]:
    """The room's own filters by the names of the address, without a question to the database."""
    if room.filterset is None:
        return {}
    found: dict[str, forms.Field] = {}
    for name, field in room.filterset({}, queryset=room.model._base_manager.none()).form.fields.items():
        if isinstance(field, forms.MultiValueField):
            for end, part in zip(RANGE, field.fields, strict=True):
                part.label = f"{field.label}{'从' if end == 'after' else '到'}"
                found[f"{name}_{end}"] = part
        else:
            found[name] = field
    return found


def listed(request: Request, room: Room, actor: Actor) -> tuple[list[Any], dict[str, Any]]:
    """One page of what the actor may know of. returns  rows; count, count_is_capped, next_page (None at the end)

    raises  BadQuery (400) · Http404 beyond the last page
    """
    query = QueryForm(request.query_params, room=room)
    wrong = {name: [str(line) for line in lines] for name, lines in query.errors.items()}
    fields = {**filter_fields(room), **query.fields}
    for name, value in request.query_params.items():
        if name not in fields:
            wrong[name] = [_("没有「%(name)s」这个筛选。") % {"name": name[:40]}]
        elif value == "" and property_of(fields[name]).keys() & {"format", "minimum", "pattern"}:
            wrong[name] = [_("没有值的筛选不要带。")]
    if wrong:
        raise BadQuery(errors=wrong)
    asked, rows = query.cleaned_data, room.visible(actor)
    for view in room.views:
        if asked.get("view") and view.query == asked["view"]:
            rows = view.scope(rows, actor)
    if room.filterset is not None:
        filtered = room.filterset(request.query_params, queryset=rows, request=request._request)
        if not filtered.form.is_valid():
            raise BadQuery(errors={name: [str(e) for e in lines] for name, lines in filtered.form.errors.items()})
        rows = filtered.qs
    pages = LongPaginator(in_order(rows, asked.get("sort") or room.default_sort), asked["page_size"] or USUAL)
    try:
        page = pages.page(asked["page"] or 1)
    except EmptyPage:
        raise Http404 from None
    told = {
        "count": min(pages.count, CAP),
        "count_is_capped": pages.count > CAP,
        "next_page": page.number + 1 if page.has_next() else None,
    }
    return list(page.object_list), told

"""The generic API: a view-set a room to read, one verb endpoint to act (/api/v1/orders/<key>/<verb>/).

Everything comes from the room and its lifecycle table; a page and the API call the same operation.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.urls import URLPattern, path
from django.utils.module_loading import import_string
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.actor import Actor
from core.errors import Conflict, Invalid, NotAllowed, Refused
from core.forms import VerbForm
from core.idempotency import Once
from core.pages import actor_of
from core.paging import CAP, LongPaginator
from core.rooms import Room, rooms
from core.sealing import canonical_json

PROBLEM = "application/problem+json"


class Pages(PageNumberPagination):
    """Pages of 25, at most 100. Of a long list `count` says a thousand and `count_is_capped` that there are more."""

    django_paginator_class = LongPaginator

    page_size = 25
    page_size_query_param = "page_size"
    max_page_size = 100

    def get_paginated_response(self, data: Any) -> Response:
        """The page's envelope."""
        response = super().get_paginated_response(data)
        count = response.data["count"]
        return Response(response.data | {"count": min(count, CAP), "count_is_capped": count > CAP})


class RoomView(APIView):
    """What the views of one room share. room is set by `api_urls`."""

    room: Any = None
    permission_classes = (IsAuthenticated,)

    def actor(self, request: Request) -> Actor:
        """Who asks, in which organization and roles."""
        return actor_of(request._request)

    def handle_exception(self, exc: Exception) -> Response:
        """The four refusals as problem JSON (RFC 9457)."""
        if isinstance(exc, Refused):
            return problem(exc)
        return super().handle_exception(exc)


class ListView(RoomView):
    """The objects of a room that the caller may know of, by the room's own filter."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """A page of objects."""
        room = self.room
        rows = room.visible(self.actor(request)).order_by(room.default_sort, "pk")
        if room.filterset is not None:
            rows = room.filterset(request.query_params, queryset=rows, request=request._request).qs
        pages = Pages()
        page: list[Any] = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([shown(room, thing, self.actor(request)) for thing in page])


class DetailView(RoomView):
    """One object."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, key: str) -> Response:
        """The object's published fields, its version as ETag, the verbs that the caller may use now."""
        thing = self.room.fetch(self.actor(request), key)
        return Response(shown(self.room, thing, self.actor(request)), headers={"ETag": f'"{thing.version}"'})


class VerbView(RoomView):
    """One verb of one object: the same operation that the page calls."""

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=OpenApiTypes.OBJECT,
        parameters=[
            OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, required=True),
        ],
    )
    def post(self, request: Request, key: str, verb: str) -> Response:
        """Do it. 409 when the version moved on, 422 for bad input, 428 without If-Match or Idempotency-Key."""
        actor = self.actor(request)
        thing = self.room.fetch(actor, key)
        step = next((s for s in thing.lifecycle.steps if s.verb == verb and s.operation and s.listed), None)
        if step is None:
            return Response({"title": "没有这个动作", "status": 404}, status=404, content_type=PROBLEM)
        match, once = request.headers.get("If-Match", "").strip('"'), request.headers.get("Idempotency-Key", "")[:64]
        if not (match and once):
            title = "请求要带 If-Match（版本）和 Idempotency-Key（重复提交只算一次）"
            return Response({"title": title, "status": 428}, status=428, content_type=PROBLEM)
        digest = hashlib.sha256(request.path.encode() + canonical_json(_content(request))).hexdigest()
        request_once = Once(actor.user_key, once, digest, request.path)
        done: list[Any] = []

        def act() -> str:
            if not step.permission(actor, thing):
                raise NotAllowed
            if match != str(thing.version):
                raise Conflict(current=thing)
            done.append(import_string(step.operation)(thing, actor=actor, **self._cleaned(request, thing, actor, step)))
            return str(done[0].get_absolute_url())

        if request_once.earlier() is None:
            request_once.do(act)
        # Nothing done here and no refusal: the same request was done before, perhaps since `thing` was fetched.
        thing = done[0] if done else self.room.fetch(actor, key)
        return Response(shown(self.room, thing, actor), headers={"ETag": f'"{thing.version}"'})

    def _cleaned(self, request: Request, thing: Any, actor: Actor, step: Any) -> dict[str, Any]:
        form_class: type[VerbForm] = import_string(step.form) if step.form else VerbForm
        form = form_class(request.data, request.FILES, thing=thing, actor=actor, step=step)
        if not form.is_valid():
            raise Invalid(errors={name: [str(e) for e in errors] for name, errors in form.errors.items()})
        cleaned = dict(form.cleaned_data)
        cleaned.pop("version", None)
        if step.password and not request.user.check_password(cleaned.pop("password", "")):
            raise Invalid("密码不对，没有办理。", field="password")
        if not step.reason:
            cleaned.pop("reason", None)
        return cleaned


def shown(room: Room, thing: Any, actor: Actor) -> dict[str, Any]:
    """The object as the API tells it: key, number, status, version, the room's fields, the verbs offered."""
    fields = {name: plain(getattr(thing, name)) for name in room.fields}
    return {
        "id": str(thing.pk),
        "number": getattr(thing, "number", None),
        "title": room.title(thing),
        "status": thing.shown_status,
        "status_label": thing.status_label,
        "version": thing.version,
        **fields,
        "verbs": [step.verb for step in thing.lifecycle.offered(thing, actor)],
    }


def _content(request: Request) -> Any:
    """What was sent, as plain values: JSON as it is, a form's fields, and each file by name and size."""
    if isinstance(request.data, QueryDict):
        sent = request.data.lists()
        return {name: [_plain_part(value) for value in values] for name, values in sent}
    return request.data


def _plain_part(part: Any) -> str:
    return f"{part.name}:{part.size}" if isinstance(part, UploadedFile) else str(part)


def plain(value: Any) -> Any:
    """A field's value for JSON: money as text with two decimals, moments in ISO, objects by their key."""
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value.pk) if hasattr(value, "pk") else value


def problem(refusal: Refused) -> Response:
    """A refusal as problem JSON: title, status, code, errors by field."""
    body = {"title": refusal.message, "status": refusal.status, "code": refusal.code, "errors": refusal.errors}
    return Response(body, status=refusal.status, content_type=PROBLEM)


def api_urls() -> list[URLPattern]:
    """The addresses of every registered room."""
    found: list[URLPattern] = []
    for room in rooms():
        listing, detail, verb = (_of_room(view, room) for view in (ListView, DetailView, VerbView))
        found += [
            path(f"{room.slug}/", listing, name=f"{room.slug}-list"),
            path(f"{room.slug}/<str:key>/", detail, name=f"{room.slug}-detail"),
            path(f"{room.slug}/<str:key>/<slug:verb>/", verb, name=f"{room.slug}-verb"),
        ]
    return found


def _of_room(view: type[RoomView], room: Room) -> Any:
    """The view bound to a room, with a name of its own in the schema."""
    made: Any = type(f"{room.slug.title()}{view.__name__}", (view,), {"room": room, "__doc__": view.__doc__})
    deed = "post" if view is VerbView else "get"
    named = extend_schema(operation_id=f"{room.slug}_{view.__name__.removesuffix('View').lower()}")
    return extend_schema_view(**{deed: named})(made).as_view()

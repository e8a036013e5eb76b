"""The views of the API: list, object, files, and one verb endpoint that calls the operation a page's button calls."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.http import Http404, QueryDict
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.actor import Actor
from core.api.asking import asked, asked_here, faults, form_class_of, typed
from core.api.listing import listed
from core.api.problems import problem
from core.api.schema import RoomSchema
from core.api.telling import api_steps, camel, teller
from core.documents import serve
from core.errors import Conflict, Invalid, NotAllowed, Refused
from core.forms import VerbForm
from core.idempotency import answered, claim, digest_of_file, keep
from core.lifecycle import Step
from core.pages import actor_of
from core.rooms import Room, no_files, rooms
from core.sealing import canonical_json

ETAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')
KEY = re.compile(r"[\x21-\x7e]{1,64}")


class JsonAlways(BaseContentNegotiation):
    """There is one way to answer; what the caller says he accepts changes nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """By content type."""
        return DefaultContentNegotiation().select_parser(request, parsers)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first."""
        return renderers[0], renderers[0].media_type


class RoomView(APIView):
    """What the views of one room share. room, and for the schema step: set by `api_urls`."""

    kind: ClassVar[str]
    room: Any = None
    step: Any = None
    schema = RoomSchema()
    content_negotiation_class = JsonAlways

    def actor(self, request: Request) -> Actor:
        """Who asks, in which organization and roles."""
        return actor_of(request._request)

    def usable(self, step: Step) -> bool:
        """Whether what the caller came with, session or token, can take a step at all."""
        grant: Any = self.request.auth
        return not step.own_page and (grant is None or (grant.acts and not step.password))

    def tell(self, request: Request, things: Any, *, many: bool = False) -> Any:
        """An object, or several, as the caller may know them."""
        context = {"actor": self.actor(request), "usable": self.usable}
        return teller(self.room)(things, many=many, context=context).data


class ListView(RoomView):
    """The objects of a room that the caller may know of."""

    kind = "list"

    def get(self, request: Request) -> Response:
        """A page of objects, by the filters, views and order of the list page."""
        rows, told = listed(request, self.room, self.actor(request))
        return Response({**told, "results": self.tell(request, rows, many=True)})


class DetailView(RoomView):
    """One object."""

    kind = "read"

    def get(self, request: Request, key: str) -> Response:
        """The object's published fields, its version as ETag, the verbs that the caller may use now."""
        thing = self.room.fetch(self.actor(request), key)
        return Response(self.tell(request, thing), headers={"ETag": f'"{thing.version}"'})


class FilesView(RoomView):
    """The files of an object that its reader may open."""

    kind = "files"

    def get(self, request: Request, key: str) -> Response:
        """Name, size and digest of each."""
        actor = self.actor(request)
        files = self.room.files(self.room.fetch(actor, key), actor).filter(sealed=False).order_by("created_at", "pk")
        told = [
            {
                "id": str(file.pk),
                "name": file.name,
                "size": file.size,
                "content_type": file.content_type,
                "sha256": file.sha256,
            }
            for file in files
        ]
        return Response({"results": told})


class FileView(RoomView):
    """One file."""

    kind = "download"

    def get(self, request: Request, key: str, document: str) -> HttpResponseBase:
        """Its bytes; 404 for what the caller may not open."""
        actor = self.actor(request)
        files = self.room.files(self.room.fetch(actor, key), actor)
        found = files.filter(pk=document, sealed=False).first()
        return serve(found) if found is not None else problem(404)


class VerbView(RoomView):
    """One verb of one object: GET tells what it asks here and now, POST does it."""

    kind = "verb"

    def step_of(self, verb: str) -> Step:
        """The verb's row of the table. raises  Http404"""
        steps = self.room.model.lifecycle.steps
        found: Step | None = next((s for s in steps if s.verb == verb and s.listed and s.operation), None)
        if found is None:
            raise Http404
        return found

    def get(self, request: Request, key: str, verb: str) -> Response:
        """The fields of the verb's form for this very object. raises  NotAllowed · NotNow"""
        actor = self.actor(request)
        thing = self.room.fetch(actor, key)
        step = self.step_of(verb)
        if step.own_page:
            raise NotAllowed(_("这一步只在页面上办。"))
        thing.lifecycle.require(thing, step.verb, actor)
        told = {
            "verb": step.verb,
            "label": step.label,
            "consequence": step.consequence,
            "version": thing.version,
            "form": asked_here(form_class_of(step)(thing=thing, actor=actor, step=step)),
        }
        return Response(told, headers={"ETag": f'"{thing.version}"'})

    def post(self, request: Request, key: str, verb: str) -> Response:
        """Do it, once a key: the deed, its journal entry and the kept answer stand in one transaction.

        raises  NotAllowed · NotNow · Invalid · Conflict; answers 428 without If-Match or Idempotency-Key
        """
        actor, person = self.actor(request), str(request.user.pk)
        match, once = request.headers.get("If-Match", ""), request.headers.get("Idempotency-Key", "")
        version, known = ETAG.fullmatch(match), KEY.fullmatch(once)
        digest = self._digest(actor)
        # First of all: what was done is answered as it was, even if the thing has since left the doer's sight.
        if known and (before := answered(person, once, digest)):
            return again(before)
        thing, step = self.room.fetch(actor, key), self.step_of(verb)
        if not (step.permission(actor, thing) and self.usable(step)):
            raise NotAllowed(
                _("这一步不归您办：%(label)s。") % {"label": step.label} + self._token_words(actor, thing, step)
            )
        if not (match and once):
            return problem(428)
        if not (version and known):
            return problem(400, _('If-Match 是读到的版本（如 "3"），Idempotency-Key 是 1 至 64 个可见的英文字符。'))
        try:
            cleaned = self._asked(thing, actor, step, version[1])
        except Refused:
            # Sent twice: what was done meanwhile has changed what may be done now.
            if before := answered(person, once, digest):
                return again(before)
            raise
        try:
            with transaction.atomic():
                row = claim(person, once, digest, request.path)
                done = self._do(thing, actor, step, cleaned)
                told = self.tell(request, done)
                keep(
                    row,
                    answer=JSONRenderer().render(told).decode(),
                    etag=f'"{done.version}"',
                    location=done.get_absolute_url(),
                )
        except IntegrityError:
            before = answered(person, once, digest)
            if before is None:
                raise
            return again(before)
        return Response(told, headers={"ETag": row.etag})

    def _token_words(self, actor: Actor, thing: Any, step: Step) -> str:
        """What is said besides, where the person might and the token may not."""
        if not step.permission(actor, thing):
            return ""
        if step.own_page:
            return _("这一步只在页面上办。")
        return _("只读的令牌不能办理；要再输一次密码的步骤，请在页面上办。")

    def _asked(self, thing: Any, actor: Actor, step: Step, version: str) -> dict[str, Any]:
        """What the operation is to be called with. raises  NotAllowed · NotNow · Conflict · Invalid"""
        thing.lifecycle.require(thing, step.verb, actor)
        if version != str(thing.version):
            raise Conflict(_("刚刚有人先一步改动了它，什么都没有写。请重新读取，按新的版本再办。"), current=thing)
        return self._cleaned(thing, actor, step, self.request.data)

    def _do(self, thing: Any, actor: Actor, step: Step, cleaned: dict[str, Any]) -> Any:
        done = import_string(step.operation)(thing, actor=actor, **cleaned)
        # What the lists add to a row is not on the instance that the operation hands back.
        pk = done.pk if isinstance(done, self.room.model) else thing.pk
        return self.room.visible(actor).filter(pk=pk).first() or self.room.model._base_manager.get(pk=pk)

    def _cleaned(self, thing: Any, actor: Actor, step: Step, body: Any) -> dict[str, Any]:
        """The form's cleaned data as the operation's keyword arguments. raises  Invalid at each field"""
        form_class = form_class_of(step)
        schema, _files = asked(form_class, step)
        sent = typed(body, form_class.tables) if not isinstance(body, QueryDict) else body
        wrong = faults(body, schema) if not isinstance(body, QueryDict) else {}
        if wrong:
            raise Invalid(errors=wrong)
        form = form_class(sent, self.request.FILES, thing=thing, actor=actor, step=step)
        form.request = self.request._request
        if strange := unknown(sent, form):
            raise Invalid(errors={name: [_("没有这个字段。")] for name in strange})
        if not form.is_valid():
            raise Invalid(errors={name: [str(e) for e in errors] for name, errors in form.errors.items()})
        cleaned = dict(form.cleaned_data)
        cleaned.pop("version", None)
        cleaned.pop("password", None)
        if not step.reason:
            cleaned.pop("reason", None)
        return cleaned

    def _digest(self, actor: Actor) -> str:
        """What is asked, by whom in which capacity: the same key for something else is refused. SHA-256, hex."""
        sent: Any = self.request.data
        if isinstance(sent, QueryDict):
            files = {name: [digest_of_file(f) for f in self.request.FILES.getlist(name)] for name in self.request.FILES}
            sent = {name: values for name, values in sent.lists() if name not in files} | files
        who = [str(actor.organization_id), actor.on_behalf_of]
        return hashlib.sha256(canonical_json([self.request.path, who, sent])).hexdigest()


def again(row: Any) -> Response:
    """The answer of then."""
    if not row.answer:
        raise Invalid(_("这个 Idempotency-Key 已经用过，内容却不同。另一件事请换一个新的。"))
    return Response(json.loads(row.answer), headers={"ETag": row.etag, "Idempotent-Replayed": "true"})


def unknown(sent: Any, form: VerbForm) -> list[str]:
    """Names that the form about this very thing does not know: a misspelt one is refused, not passed over."""
    tables = tuple(f"{name}-" for name in form.tables)
    return sorted(name for name in sent if name not in form.fields and not name.startswith(tables or ("\0",)))


def api_urls(*, each_verb: bool = False) -> list[URLPattern]:
    """The addresses of every registered room. each_verb: one a verb, as the schema tells them, not one for all verbs."""
    found: list[URLPattern] = []
    for room in rooms():
        slug = room.slug
        found += [
            path(f"{slug}/", of_room(ListView, room), name=f"{slug}-list"),
            path(f"{slug}/<str:key>/", of_room(DetailView, room), name=f"{slug}-detail"),
        ]
        if room.files is not no_files:
            found += [
                path(f"{slug}/<str:key>/files/", of_room(FilesView, room), name=f"{slug}-files"),
                path(f"{slug}/<str:key>/files/<uuid:document>/", of_room(FileView, room), name=f"{slug}-file"),
            ]
        if each_verb:
            found += [path(f"{slug}/<str:key>/{s.verb}/", of_room(VerbView, room, s)) for s in api_steps(room)]
        else:
            found.append(path(f"{slug}/<str:key>/<slug:verb>/", of_room(VerbView, room), name=f"{slug}-verb"))
    return found


def of_room(view: type[RoomView], room: Room, step: Step | None = None) -> Any:
    """The view bound to a room and, for the schema, to one step of it."""
    name = f"{camel(room.slug)}{step.verb.title() if step else ''}{view.__name__}"
    made: Any = type(name, (view,), {"room": room, "step": step, "__doc__": view.__doc__})
    return made.as_view()

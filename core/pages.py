"""The generic pages: object, verb, file; the list is in core.listing. A room adds what is its own and nothing else.

A page function fetches through `visible_*`, binds a form, calls one operation, answers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core import journal
from core.actor import Actor
from core.documents import serve
from core.error_pages import refused_page
from core.errors import Conflict, Invalid, NotAllowed, Refused
from core.forms import VerbForm
from core.idempotency import Once
from core.listing import list_page
from core.rooms import Room, number_of
from core.sections import sections_for

LATEST = 8
"""How many entries of 经过 the first page of an object shows; the others have a tab."""


def actor_of(request: HttpRequest) -> Actor:
    """The actor that accounts' middleware has put on the request."""
    return cast(Actor, request.actor)  # type: ignore[attr-defined]


def answer(
    request: HttpRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    template: str,
    context: dict[str, Any],
    done: Callable[[Any], str],
) -> HttpResponse:
    """Bind, call, answer: the one way in which a form page does a deed.

    form      bound on POST
    act       cleaned data -> the object; raises the four errors, which land at their field with what was typed kept
    done      object -> the address to go to
    returns   GET 200; done 302; bad input 422; not theirs 403; too late or somebody was first 409
    writes    what act writes and one IdempotencyKey, together or not at all
    """
    status = 200
    if request.method == "POST":
        status, once = 422, Once.of(request)
        try:
            before = once.earlier()
            # What a form asks may have changed by the very deed that is sent again; so the second look is after it.
            if before is None and not form.is_valid():
                before = once.earlier()
        except Conflict as refusal:
            return refused_page(request, refusal)
        if before is not None:
            return redirect(before)
        if form.is_valid():
            try:
                return redirect(once.do(lambda: done(act(dict(form.cleaned_data)))))
            except Refused as refusal:
                status = refusal.status
                context["refusal"] = refusal
                context["conflict"] = refusal if status == 409 else None
                _show(form, refusal)
    context |= {"form": form, "idempotency_key": request.POST.get("idempotency_key") or uuid4().hex}
    return render(request, template, context, status=status)


def object_page(request: HttpRequest, room: Room, key: str, tab: str = "") -> HttpResponse:
    """One object, one page: head, computed actions, figures, step line, tabs, sections, timeline."""
    actor = actor_of(request)
    thing = room.fetch(actor, key, shown=True)
    if tab and tab != "history" and tab not in dict(room.tabs):
        raise Http404
    if not tab:
        prefetch_related_objects([thing], *room.parts)
    url = thing.get_absolute_url()
    # All of them: the step line tells the day of a step that was taken many entries ago.
    entries = journal.entries_for(thing)
    sections = sections_for(room.name, thing, actor, tab=tab)
    tabs = [("", "概况"), *room.tabs, ("history", "经过")]
    context = {
        "room": room,
        "thing": thing,
        "tab": tab,
        "head": {
            "title": room.title(thing),
            "number": number_of(thing),
            "subtitle": [fact for fact in room.subtitle(thing) if fact],
            "chip": thing.chip,
        },
        "actions": actions(thing, actor, room),
        "figures": room.figures(thing, actor),
        "steps": step_line(thing, entries),
        "tabs": [
            {"slug": slug, "label": label, "url": f"{url}{slug}/" if slug else url, "on": slug == tab}
            for slug, label in tabs
        ],
        "sections_main": sections["main"],
        "sections_side": sections["side"],
        "timeline": [timeline_row(thing, each) for each in (entries if tab == "history" else entries[:LATEST])],
        "crumbs": [
            {"label": "工作台", "url": "/w/"},
            {"label": room.label, "url": reverse(f"{room.slug}:list")},
            {"label": number_of(thing) or room.title(thing), "url": ""},
        ],
        **room.context(thing, actor),
    }
    return render(request, room.template, context)


def verb_page(request: HttpRequest, room: Room, key: str, verb: str) -> HttpResponse:
    """One verb of one object: GET asks, POST does. The table says which form, which operation, how much to ask."""
    actor = actor_of(request)
    thing = room.fetch(actor, key)
    try:
        step = thing.lifecycle.step(verb)
    except KeyError:
        raise Http404 from None
    if not (step.operation and step.listed):
        raise Http404
    if not step.permission(actor, thing):
        raise NotAllowed(_("这一步不归您办：%(label)s") % {"label": step.label})
    form_class = import_string(step.form) if step.form else VerbForm
    bound = (request.POST, request.FILES) if request.method == "POST" else ()
    form = form_class(*bound, thing=thing, actor=actor, step=step)
    form.request = request
    operation = import_string(step.operation)

    def act(cleaned: dict[str, Any]) -> Any:
        cleaned.pop("password", None)
        if step.weight == "type" and not same_text(request.POST.get("type_again", ""), number_of(thing)):
            raise Invalid(_("和编号不一样，没有办理。请照抄一遍。"), field="type_again")
        version = cleaned.pop("version", None)
        if version is not None and version != thing.version:
            raise Conflict(_("您打开这一页以后，有人改动了它。您填的内容还在，请看过最新的再提交。"), current=thing)
        if not step.reason:
            cleaned.pop("reason", None)
        return operation(thing, actor=actor, **cleaned)

    context = {
        "room": room,
        "thing": thing,
        "step": step,
        "head": {"title": room.title(thing), "number": number_of(thing), "chip": thing.chip},
        "figures": room.figures(thing, actor),
        "back_url": thing.get_absolute_url(),
        "version": request.POST.get("version") or thing.version,
        "offered": thing.shown_status in step.source,
        "crumbs": [
            {"label": room.label, "url": reverse(f"{room.slug}:list")},
            {"label": number_of(thing) or room.title(thing), "url": thing.get_absolute_url()},
            {"label": step.label, "url": ""},
        ],
    }
    template = getattr(form_class, "template", "verb.html")
    return answer(request, form, act, template=template, context=context, done=lambda done: done.get_absolute_url())


def file_page(request: HttpRequest, room: Room, key: str, document: str) -> HttpResponseBase:
    """A file of an object, for those who may see the object and the file; 404 otherwise."""
    actor = actor_of(request)
    found = room.files(room.fetch(actor, key), actor).filter(pk=document).first()
    if found is None:
        raise Http404
    return serve(found)


def room_urls(room: Room) -> list[URLPattern]:
    """The addresses of a room: list, object, tab, verb, file. To be included under its slug with that namespace."""

    def listing(request: HttpRequest) -> HttpResponse:
        return list_page(request, room, actor_of(request))

    def detail(request: HttpRequest, key: str) -> HttpResponse:
        return object_page(request, room, key)

    def word(request: HttpRequest, key: str, word: str) -> HttpResponse:
        """A noun is a tab, a verb a deed (interface.md 2.1)."""
        if word == "history" or word in dict(room.tabs):
            return object_page(request, room, key, word)
        return verb_page(request, room, key, word)

    def file(request: HttpRequest, key: str, document: str) -> HttpResponseBase:
        return file_page(request, room, key, document)

    return [
        path("", listing, name="list"),
        path("<str:key>/", detail, name="detail"),
        path("<str:key>/files/<uuid:document>/", file, name="file"),
        path("<str:key>/<slug:word>/", word, name="word"),
    ]


def actions(thing: Any, actor: Actor, room: Room) -> list[dict[str, Any]]:
    """The buttons: what the lifecycle offers now and this person may do, primary first; then the locked ones."""
    kinds = {"type": "bad"}
    offered = sorted(thing.lifecycle.offered(thing, actor), key=lambda step: not step.primary)
    locks = dict(room.locked(thing, actor))
    return [
        {
            "verb": step.verb,
            "label": step.label,
            "url": f"{thing.get_absolute_url()}{step.verb}/",
            "primary": step.primary,
            "kind": "primary" if step.primary else kinds.get(step.weight, "line"),
            "locked": step.verb in locks,
            "reason": locks.get(step.verb, ""),
        }
        for step in offered
    ]


def step_line(thing: Any, entries: list[journal.Entry]) -> list[dict[str, Any]]:
    """The object's step line: done with its day, now, later; a bad end replaces the rest by one red stop.

    entries  all of the object, newest first: a step's day is that of the last entry which brought the object there
    """
    line = thing.lifecycle.line
    status = thing.shown_status
    reached = {entry.target: entry.at for entry in reversed(entries) if entry.target != entry.source}
    now = next((n for n, (_word, statuses) in enumerate(line) if status in statuses), None)
    shown: list[dict[str, Any]] = []
    for n, (word, statuses) in enumerate(line):
        if now is None and not any(s in reached for s in statuses):
            break
        at = next((reached[s] for s in statuses if s in reached), None)
        ended = now == n and thing.lifecycle.statuses[status].end
        state = "todo" if now is not None and n > now else "on" if n == now and not ended else "ok"
        shown.append({"n": n + 1, "label": word, "state": state, "at": at if state != "todo" else None, "note": ""})
    if now is None and line:
        stop = thing.lifecycle.statuses[status]
        at = reached.get(status)
        shown.append({"n": len(shown) + 1, "label": stop.label, "state": "stop", "at": at, "note": ""})
    return shown


def timeline_row(thing: Any, entry: journal.Entry) -> dict[str, Any]:
    """One row of 经过: who, verb, when, journal number, quoted reason."""
    try:
        label = thing.lifecycle.step(entry.verb).label
    except KeyError:
        label = OTHER_VERBS.get(entry.verb, entry.verb)
    return {
        "who": entry.actor_name,
        "label": label,
        "reason": entry.reason,
        "at": entry.at,
        "number": entry.n,
        "hash": entry.hash.hex(),
        "organization": entry.organization,
        "on_behalf_of": entry.on_behalf_of,
        "by_token": "access_token" in entry.facts,
    }


OTHER_VERBS = {
    "create": "新建",
    "hold": "暂缓办理",
    "lift_hold": "解除暂缓",
    "report": "生成报告",
    "print": "生成合同 PDF",
    "quality": "登记评价等级",
    "export": "导出",
    "download": "下载档案包",
    "hand_in": "承接单位补交材料",
    "publish": "发布",
    "invoice": "交发票",
    "paper": "登记安全保障材料",
    "roster": "登记名单",
    "draw": "随机抽查",
    "amend": "按补充协议变更",
    "open_identity": "打开身份信息",
    "check_staff": "登记人员查询结果",
    "add_document": "登记资质文件",
    "declare": "声明回避情况",
    "score": "提交评分",
    "key": "到场验证",
    "check": "审查",
    "notify": "发出告知",
    "sign": "签订",
    "grant_role": "授予角色",
    "end_role": "解除角色",
    "delegate": "委托代办",
    "end_delegation": "结束代办",
    "refuse_login": "登录未通过",
    "lock_out": "连续输错，账号锁住",
    "change_password": "修改密码",
    "reset_password": "重设密码",
    "enroll_second_factor": "启用两步验证",
    "end_second_factor": "关闭两步验证",
    "reset_second_factor": "重置两步验证",
    "renew_recovery_codes": "重新生成恢复码",
    "use_recovery_code": "用恢复码登录",
    "refuse_code": "验证码未通过",
    "edit_profile": "修改资料",
    "credit": "登记信用",
    "pledge": "签署廉洁承诺",
    "choose_notices": "修改通知设置",
    "make_token": "建立访问令牌",
    "revoke_token": "吊销访问令牌",
}


def _show(form: forms.Form, refusal: Refused) -> None:
    """Put the refusal where its input was made."""
    for field, sentences in refusal.errors.items():
        for sentence in sentences:
            form.add_error(field if field in form.fields else None, sentence)


def same_text(typed: str, wanted: str) -> bool:
    """Whether a number was copied rightly, whatever the width of its signs and the blanks between them."""

    def bare(text: str) -> str:
        return "".join(unicodedata.normalize("NFKC", text).split())

    return bare(typed) == bare(wanted)

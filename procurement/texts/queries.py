"""Which contract texts exist for whom (合同文本可见范围), and which one a new contract begins with."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actor import Actor
from core.permissions import in_scope
from procurement.texts.models import ContractText
from procurement.texts.starting_list import BY_KIND, kind_for


class Chosen(NamedTuple):
    """What a contract begins with: the version (None: the starting text), its name and clauses [{"heading", "text"}]."""

    text: ContractText | None
    name: str
    clauses: list[dict[str, str]]


def visible_texts(actor: Actor) -> QuerySet[ContractText]:
    """The buyer's own people see all of theirs; oversight in scope what was published; nobody else any. One query."""
    texts = ContractText.objects.filter(in_scope(actor)).select_related("buyer")
    return texts if actor.organization_kind == "buyer" else texts.filter(~Q(status="draft"))


def starting_clauses(kind: str) -> list[dict[str, str]]:
    """The clauses of a starting text, as they are stored."""
    return [{"heading": heading, "text": words} for heading, words in BY_KIND[kind].clauses]


def text_for(buyer_id: UUID, category: str, *, minors: bool) -> Chosen:
    """The text that a buyer's contract about this category begins with: the own version in use, or the starting one."""
    kind = kind_for(category, minors=minors)
    own = ContractText.objects.filter(buyer_id=buyer_id, kind=kind, status="published").first()
    if own is not None:
        return Chosen(own, str(own), own.clauses)
    return Chosen(None, f"{BY_KIND[kind].name}（示范文本）", starting_clauses(kind))


def to_publish(actor: Actor) -> QuerySet[ContractText]:
    """Drafts that wait for the leadership, without the own ones."""
    waiting = visible_texts(actor).filter(status="draft", buyer_id=actor.organization_id)
    return waiting.exclude(drafted_by_key=actor.user_key)


def changes(text: ContractText) -> list[dict[str, Any]]:
    """The clauses beside those of the version before (the starting text for the first): heading, text, kind of change.

    returns  [{"heading", "text", "change": "" | "新增" | "改动" | "删去"}], removed ones at the end
    """
    before = (
        ContractText.objects.filter(buyer_id=text.buyer_id, kind=text.kind, edition__lt=text.edition)
        .order_by("-edition")
        .first()
    )
    old = {each["heading"]: each["text"] for each in (before.clauses if before else starting_clauses(text.kind))}
    shown = [
        {
            **each,
            "change": "新增" if each["heading"] not in old else "" if old[each["heading"]] == each["text"] else "改动",
        }
        for each in text.clauses
    ]
    kept = {each["heading"] for each in text.clauses}
    return shown + [{"heading": h, "text": words, "change": "删去"} for h, words in old.items() if h not in kept]

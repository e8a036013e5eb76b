"""Pages of the contract texts (合同文本): list, version, a new version."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, View, register
from procurement.permissions.texts import can_draft_text
from procurement.texts.forms import NewTextForm
from procurement.texts.models import ContractText
from procurement.texts.operations import open_text
from procurement.texts.queries import changes, to_publish, visible_texts
from procurement.texts.starting_list import KINDS


class TextFilter(django_filters.FilterSet):
    """By kind."""

    kind = django_filters.ChoiceFilter(label="种类", empty_label="全部种类", choices=KINDS)


def may_open(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return can_draft_text(actor) and actor.organization_kind == "buyer"


CONTRACT_TEXTS = register(
    Room(
        slug="contract-texts",
        label="合同文本",
        model=ContractText,
        visible=visible_texts,
        title=str,
        icon="file-earmark-ruled",
        filterset=TextFilter,
        columns=(
            Column("title", "合同文本", lambda t: (str(t), t.buyer.name), "title", "kind"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("clauses", "条款", lambda t: len(t.clauses), "num"),
            Column("drafted", "起草人", lambda t: t.drafted_by_name),
            Column("published", "发布时间", lambda t: t.published_at, "date", "published_at"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("使用中", "published", lambda rows, actor: rows.filter(status="published")),
        ),
        figures=lambda t, actor: [Figure("条款", len(t.clauses), "条"), Figure("版次", t.edition)],
        subtitle=lambda t: [t.buyer.name, f"{t.drafted_by_name}起草"],
        fields=("id", "kind", "edition", "clauses", "published_at"),
        create=("新版合同文本", "contract-texts:create", may_open),
        empty=(
            "还没有自己的合同文本",
            "起草合同时先用平台的示范文本；本单位有修改意见的，在这里起草新版，由班子发布。",
        ),
    )
)


def _clauses(text: ContractText, actor: Actor) -> dict[str, Any]:
    return {"text": text, "clauses": changes(text)}


sections.register(
    "procurement.contract_text", title="条款", template="procurement/texts/clauses.html", context=_clauses, order=10
)
duties.register(
    Duty(
        name="contract_text.publish",
        roles=("leader",),
        queryset=to_publish,
        title=lambda t: f"发布合同文本：{t}",
        note=lambda t: f"{len(t.clauses)} 条 · {t.drafted_by_name}起草",
        button="发布合同文本",
        verb="publish",
        source=duties.source(ContractText, buyer="buyer", status="draft"),
    )
)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Open a new version."""
    actor = actor_of(request)
    if not may_open(actor):
        raise NotAllowed(_("合同文本由本单位业务或采购经办起草。"))
    buyer = Organization.objects.select_related("region").get(pk=actor.organization_id or "")
    context = {
        "title": _("新版合同文本"),
        "head": {"title": buyer.name},
        "consequence": _("从使用中的版本复制全部条款；还没有的，从平台的示范文本开始。"),
        "submit_label": _("起草新版"),
        "back_url": reverse("contract-texts:list"),
        "crumbs": [{"label": "合同文本", "url": reverse("contract-texts:list")}, {"label": _("新版"), "url": ""}],
    }
    return answer(
        request,
        NewTextForm(*((request.POST,) if request.method == "POST" else ())),
        lambda cleaned: open_text(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda text: text.get_absolute_url(),
    )


urlpatterns = [path("new/", create, name="create"), *room_urls(CONTRACT_TEXTS)]

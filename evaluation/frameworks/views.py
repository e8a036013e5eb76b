"""Pages of the frameworks (指标体系): list, version, a new version."""

from __future__ import annotations

from itertools import groupby
from typing import Any

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
from core.rooms import Column, Figure, Room, register
from evaluation.frameworks.forms import FrameworkForm
from evaluation.frameworks.models import Framework
from evaluation.frameworks.operations import open_framework
from evaluation.frameworks.queries import splits, visible_frameworks
from evaluation.permissions import can_draft_framework


def may_open(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return can_draft_framework(actor) and actor.organization_kind == "buyer"


FRAMEWORKS = register(
    Room(
        slug="frameworks",
        label="指标体系",
        model=Framework,
        visible=visible_frameworks,
        title=str,
        icon="sliders",
        columns=(
            Column("title", "指标体系", lambda f: (str(f), f.buyer.name), "title", "title"),
            Column("kind", "适用", lambda f: f.get_kind_display(), "tag", "kind"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("indicators", "指标", lambda f: f.indicator_count, "num"),
            Column("drafted", "起草人", lambda f: f.drafted_by_name),
            Column("published", "发布时间", lambda f: f.published_at, "date", "published_at"),
        ),
        figures=lambda f, actor: [Figure("指标", f.indicator_count, "项"), Figure("版次", f.number)],
        subtitle=lambda f: [f.buyer.name, f.get_kind_display(), f"{f.drafted_by_name}起草"],
        fields=("kind", "number", "title", "published_at"),
        create=("新版指标体系", "frameworks:create", may_open),
        empty=("还没有指标体系", "新版从 100 分的起始指标或上一版开始，由班子发布。"),
    )
)


def _tree(framework: Framework, actor: Actor) -> dict[str, Any]:
    """The indicators by level, with what each level adds up to."""
    rows = list(framework.indicators.all())
    return {
        "levels": [
            {"name": level, "weight": sum(each.weight for each in group), "indicators": group}
            for level, group in ((level, list(found)) for level, found in groupby(rows, key=lambda each: each.level1))
        ],
        "total": sum(each.weight for each in rows),
        "note": framework.note,
    }


def _splits(framework: Framework, actor: Actor) -> dict[str, Any]:
    return {"splits": splits(list(framework.indicators.all()))}


def _vetoes(framework: Framework, actor: Actor) -> dict[str, Any]:
    return {"checks": [{"kind": "bad", "title": veto.name, "note": veto.code} for veto in framework.vetoes.all()]}


_ON, _T = "evaluation.framework", "evaluation/frameworks"
sections.register(_ON, title="指标", template=f"{_T}/tree.html", context=_tree, order=10)
sections.register(_ON, title="一票否决", template="components/checks.html", context=_vetoes, slot="side", order=10)
sections.register(_ON, title="各维度的分怎么合成", template=f"{_T}/splits.html", context=_splits, order=20)

duties.register(
    Duty(
        name="framework.publish",
        roles=("leader",),
        queryset=lambda actor: (
            visible_frameworks(actor)
            .filter(status="draft", buyer_id=actor.organization_id)
            .exclude(drafted_by_key=actor.user_key)
        ),
        title=lambda f: f"发布指标体系：{f}",
        note=lambda f: f"{f.indicator_count} 项 · {f.drafted_by_name}起草",
        button="发布指标体系",
        verb="publish",
        source=duties.source(Framework, buyer="buyer", status="draft"),
    )
)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Open a new version."""
    actor = actor_of(request)
    if not may_open(actor):
        raise NotAllowed(_("指标体系由本单位业务经办起草。"))
    buyer = Organization.objects.select_related("region").get(pk=actor.organization_id or "")
    context = {
        "title": _("新版指标体系"),
        "head": {"title": buyer.name},
        "consequence": _("从现行版本复制全部指标；还没有的，从 100 分的起始指标开始。"),
        "submit_label": _("起草新版"),
        "back_url": reverse("frameworks:list"),
        "crumbs": [{"label": "指标体系", "url": reverse("frameworks:list")}, {"label": _("新版"), "url": ""}],
    }
    return answer(
        request,
        FrameworkForm(*((request.POST,) if request.method == "POST" else ())),
        lambda cleaned: open_framework(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda framework: framework.get_absolute_url(),
    )


urlpatterns = [path("new/", create, name="create"), *room_urls(FRAMEWORKS)]

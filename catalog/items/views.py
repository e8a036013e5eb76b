"""Pages of the catalogue (服务目录): editions at work, the list to browse, one item."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import django_filters
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from catalog import permissions as may
from catalog.items.forms import EditionForm
from catalog.items.models import Edition, Item
from catalog.items.operations import open_edition
from catalog.items.queries import items_of, public_items, visible_editions
from catalog.items.starting_list import CATEGORIES
from core import duties, sections
from core.actor import Actor
from core.duties import Duty
from core.errors import NotAllowed
from core.pages import actor_of, answer, room_urls
from core.rooms import Column, Figure, Room, register


def may_open(actor: Actor) -> bool:
    """Whether the button over the list is shown."""
    return may.can_draft_edition(actor) and actor.organization_kind == "buyer"


EDITIONS = register(
    Room(
        slug="editions",
        label="目录版本",
        model=Edition,
        visible=visible_editions,
        title=str,
        icon="journal-bookmark",
        columns=[
            Column("title", "目录", lambda edition: (str(edition), edition.buyer.name), "title", "title"),
            Column("status", "状态", kind="chip", sort="status"),
            Column("items", "条目", lambda edition: edition.item_count, "num"),
            Column("drafted", "起草人", lambda edition: edition.drafted_by_name),
            Column("published", "发布时间", lambda edition: edition.published_at, "date", "published_at"),
        ],
        figures=lambda edition, actor: [Figure("条目", edition.item_count, "项"), Figure("版次", edition.number)],
        subtitle=lambda edition: [edition.buyer.name, f"{edition.drafted_by_name}起草"],
        fields=["number", "title", "published_at"],
        create=("新版目录", "editions:create", may_open),
        empty=("还没有目录", "新版目录从起始清单或上一版开始，由班子发布。"),
    )
)


class ItemFilter(django_filters.FilterSet):
    """Search by name, code and content; category, buyer, nature."""

    q = django_filters.CharFilter(label="名称、编号、内容", method="search")
    category = django_filters.ChoiceFilter(label="类别", choices=list(CATEGORIES.items()), empty_label="全部类别")
    nature = django_filters.ChoiceFilter(label="性质", choices=Item.NATURES, empty_label="全部性质")
    minors = django_filters.ChoiceFilter(
        label="涉及未成年人", choices=[("1", "涉及未成年人"), ("0", "不涉及")], empty_label="不限对象"
    )

    class Meta:
        model = Item
        fields = ["q", "category", "nature", "minors"]

    def search(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        return rows.filter(
            Q(name__icontains=value)
            | Q(code__icontains=value)
            | Q(content__icontains=value)
            | Q(segments__icontains=value)
        )


@login_required
def browse(request: HttpRequest) -> HttpResponse:
    """The items in force of every buyer, by category; the officer of a buyer may start a project from its own."""
    actor = actor_of(request)
    own = actor.organization_id if actor.organization_kind == "buyer" else None
    everybody = own is None or "all" in request.GET
    seen = public_items() if everybody else public_items().filter(edition__buyer_id=own)
    found = ItemFilter(request.GET, queryset=seen, request=request)
    rows = list(found.qs)
    context = {
        "filter": found,
        "count": len(rows),
        "groups": [
            {"label": label, "items": list(group)}
            for label, group in groupby(rows, key=lambda item: item.category_name)
        ],
        "own": own if may_open(actor) else None,
        "everybody": everybody,
        "views": [
            {"label": _("本单位"), "url": "?", "on": not everybody},
            {"label": _("全部单位"), "url": "?all=1", "on": everybody},
        ]
        if own
        else [],
        "phone_title": _("服务目录"),
        "empty": {
            "title": _("没有符合的条目") if found.form.has_changed() else _("还没有现行目录"),
            "text": _("去掉一个条件再看。") if found.form.has_changed() else _("目录发布以后列在这里。"),
        },
        "crumbs": [{"label": "工作台", "url": "/w/"}, {"label": _("服务目录"), "url": ""}],
    }
    return render(request, "catalog/items/browse.html", context)


@login_required
def detail(request: HttpRequest, key: Any) -> HttpResponse:
    """One item: kind, nature, content, norm, standards; of a draft only its own buyer's people see it."""
    actor = actor_of(request)
    rows = Item.objects.select_related("edition__buyer", "procurement_category").prefetch_related("standards")
    item = get_object_or_404(rows, pk=key)
    if not visible_editions(actor).filter(pk=item.edition_id).exists():
        raise Http404
    context = {
        "item": item,
        "edition": item.edition,
        "may_start": may_open(actor) and actor.belongs_to(item.edition.buyer_id) and item.edition.status == "published",
        "facts": [
            {"label": _("种类"), "value": item.kind},
            {"label": _("性质"), "value": item.get_nature_display()},
            {"label": _("设置"), "value": item.get_standing_display()},
            {"label": _("职能依据"), "value": item.function},
            {"label": _("服务对象"), "value": item.segments},
            {"label": _("品目"), "value": str(item.procurement_category or "")},
        ],
        "figures": [
            {"label": _("参考单价"), "value": item.norm_price, "unit": f"元/{item.unit}"},
            {
                "label": _("区间"),
                "value": f"{item.low_price:,.2f}—{item.high_price:,.2f}",
                "unit": "元",
                "detail": item.price_basis,
            },
        ],
        "crumbs": [
            {"label": _("服务目录"), "url": reverse("catalog:list")},
            {"label": item.code, "url": ""},
        ],
    }
    return render(request, "catalog/items/detail.html", context)


@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Open a new edition."""
    actor = actor_of(request)
    if not may_open(actor):
        raise NotAllowed(_("目录由本单位业务经办起草。"))
    buyer = Organization.objects.select_related("region").get(pk=actor.organization_id or "")
    context = {
        "room": EDITIONS,
        "title": _("新版目录"),
        "head": {"title": buyer.name},
        "consequence": _("从上一版复制全部条目；还没有目录的，从起始清单开始。"),
        "submit_label": _("起草新版"),
        "back_url": reverse("editions:list"),
        "crumbs": [{"label": "目录版本", "url": reverse("editions:list")}, {"label": _("新版目录"), "url": ""}],
    }
    return answer(
        request,
        EditionForm(request.POST if request.method == "POST" else None),
        lambda cleaned: open_edition(buyer, actor=actor, **cleaned),
        template="verb.html",
        context=context,
        done=lambda edition: edition.get_absolute_url(),
    )


def listed(edition: Edition, actor: Actor) -> dict[str, Any]:
    """The edition's items, by category."""
    rows = list(items_of(edition))
    start = may_open(actor) and edition.status == "published"
    return {
        "groups": [
            {"label": label, "items": list(group)}
            for label, group in groupby(rows, key=lambda item: item.category_name)
        ],
        "own": actor.organization_id if start else None,
        "note": edition.note,
    }


sections.register("catalog.edition", title="条目", template="catalog/items/listed.html", context=listed, order=10)

duties.register(
    Duty(
        name="publish_edition",
        roles=("leader",),
        queryset=lambda actor: (
            visible_editions(actor)
            .filter(status="draft", buyer_id=actor.organization_id)
            .exclude(drafted_by_key=actor.user_key)
        ),
        title=lambda edition: f"发布目录：{edition}",
        note=lambda edition: f"{edition.item_count} 项 · {edition.drafted_by_name}起草",
        button="发布目录",
        verb="publish",
        source=duties.source(Edition, buyer="buyer", status="draft"),
    )
)

edition_urls = [path("new/", create, name="create"), *room_urls(EDITIONS)]
item_urls = [path("", browse, name="list"), path("<uuid:key>/", detail, name="detail")]

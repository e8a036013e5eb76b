"""The samples' list and pages (抽样), what waits for whom; the trail's pages are in `boards`."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import path, reverse
from django.utils.translation import gettext as _

from audit.permissions.tracing import SAMPLERS, can_sample, can_work_on_sample
from audit.tracing import boards, papers
from audit.tracing.models import Sample, SampleFile
from audit.tracing.queries import items_of, outcome_of, samples_to_judge, visible_samples
from audit.tracing.sampling import chosen, digest_of
from core import duties, sections
from core.actor import Actor
from core.documents import Document
from core.duties import Duty
from core.pages import room_urls
from core.rooms import Column, Figure, Room, View, register


class SampleFilter(django_filters.FilterSet):
    """Search by name; method, status."""

    q = django_filters.CharFilter(label="名称", field_name="title", lookup_expr="icontains")
    method = django_filters.ChoiceFilter(label="方法", empty_label="全部方法", choices=Sample.METHODS)
    status = django_filters.ChoiceFilter(
        label="状态", empty_label="全部状态", choices=[(k, s.label) for k, s in Sample.lifecycle.statuses.items()]
    )


def _figures(sample: Sample, actor: Actor) -> list[Figure]:
    found = outcome_of(sample)
    left = _("总体 %(n)s 笔 %(sum)s 元") % {"n": sample.size, "sum": f"{sample.total_amount:,.2f}"}
    return [
        Figure(_("已核对"), f"{found.looked} / {found.count}", _("笔"), left),
        Figure(_("不符金额"), found.error, _("元"), _("%(n)s 笔不符") % {"n": found.wrong}),
        Figure(_("推断错报"), found.projected, _("元"), _("按方法推到总体")),
    ]


def _files(sample: Sample, actor: Actor) -> QuerySet[Document]:
    return Document.objects.filter(pk__in=SampleFile.objects.filter(item__sample=sample).values("document"))


SAMPLES = register(
    Room(
        slug="samples",
        label="抽样",
        model=Sample,
        visible=visible_samples,
        title=str,
        icon="dice-5",
        filterset=SampleFilter,
        columns=(
            Column("title", "抽样", lambda s: (s.title, s.get_method_display()), "title", "title"),
            Column("drawn_by", "抽样人", lambda s: s.drawn_by_name, sort="drawn_by_name"),
            Column("size", "总体", lambda s: s.size, "num", "size"),
            Column("total", "总体金额", lambda s: s.total_amount, "money", "total_amount"),
            Column("created_at", "抽取", lambda s: s.created_at, "date", "created_at"),
            Column("status", "状态", kind="chip", sort="status"),
        ),
        views=(
            View("全部", "", lambda rows, actor: rows),
            View("核对中", "drawn", lambda rows, actor: rows.filter(status="drawn")),
        ),
        figures=_figures,
        subtitle=lambda s: [s.get_method_display(), _("%(name)s 抽取") % {"name": s.drawn_by_name}, s.buyer.name],
        files=_files,
        fields=("id", "title", "method", "status", "seed", "digest", "size", "total_amount", "interval"),
        create=("选总体", "trace:vouchers", can_sample),
        empty=("还没有抽样", "在「凭证」里筛选出总体，点「从中抽样」。"),
    )
)


def _items_section(sample: Sample, actor: Actor) -> dict[str, Any]:
    return {
        "items": list(items_of(sample).prefetch_related("files__document")),
        "sample": sample,
        "works": sample.status == "drawn" and can_work_on_sample(actor, sample),
    }


def _seed_section(sample: Sample, actor: Actor) -> dict[str, Any]:
    """Seed and population, and the repetition made before the reader's eyes."""
    kept = [(str(key), hits) for key, hits in sample.items.order_by("n").values_list("expense", "hits")]
    again = chosen(sample.method, sample.seed, sample.population, sample.wanted)
    same = [(each.key, each.hits) for each in again] == kept and digest_of(sample.population) == sample.digest
    query = f"{reverse('trace:vouchers')}?{sample.query}"
    return {"sample": sample, "same": same, "population_url": query}


OWN, FOLDER = "audit.sample", "audit/tracing"
sections.register(OWN, title="样本", template=f"{FOLDER}/items.html", context=_items_section, order=10)
sections.register(OWN, title="怎么抽的", template=f"{FOLDER}/seed.html", context=_seed_section, slot="side", order=10)

duties.register(
    Duty(
        "sample.judge", SAMPLERS, samples_to_judge, str, "核对凭证",
        note=lambda sample: _("%(method)s，拟抽 %(n)s 笔") % {"method": sample.get_method_display(), "n": sample.wanted},
    )
)  # fmt: skip

trace_urlpatterns = [path("tree/", papers.account_tree, name="tree"), *boards.urlpatterns]
urlpatterns = room_urls(SAMPLES)

"""Verbs of the auditor's desk: a sample drawn, judged, concluded, taken into an audit; a view saved and thrown away."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.engagements.models import Engagement, ProgrammeItem
from audit.engagements.operations import append_items
from audit.engagements.programme import Planned
from audit.permissions.tracing import can_sample, can_trace
from audit.tracing.models import Sample, SampleFile, SampleItem, SavedView
from audit.tracing.queries import items_of
from audit.tracing.sampling import chosen, digest_of, interval_of
from core import clock
from core.actor import Actor
from core.documents import Document, store
from core.errors import Invalid, NotAllowed, NotNow
from core.lifecycle import advance, begin, require
from core.money import ZERO, from_fen, to_fen
from core.templatetags.words import money_text
from procurement.expenses.models import Expense
from procurement.panels.draw import new_seed

MOST = 5_000
"""The largest population of one sample: its keys and amounts are kept with it."""
MOST_PICKED = 200
MAX_FILES = 8
MAX_VIEWS = 12


@transaction.atomic
def draw_sample(
    population: QuerySet[Expense], *, actor: Actor, title: str, method: str, wanted: int, query: str = ""
) -> Sample:
    """Draw a sample of vouchers (抽样) from exactly what a filter shows, by a fresh seed.

    population  vouchers that the actor may trace, of one buyer;  query: the filter's query string, kept with it
    method      random | monetary;  wanted: how many, 1 … MOST_PICKED and at most the population
    returns     the sample with its items: who has seed and population gets the same
    raises      NotAllowed · Invalid at title, method, wanted, or without field (nothing there, too many, several buyers)
    writes      sample, items; one journal entry "create" with seed, digest and result
    source      R44, R45; 审计抽样: 种子、总体和结果留痕，可以重算
    """
    if not can_sample(actor):
        raise NotAllowed(_("抽样由经审、纪检和财政办理。"))
    rows = list(population.order_by("pk")[: MOST + 1])
    if not rows:
        raise Invalid(_("筛选出来的凭证是空的，请换一个条件。"))
    if len(rows) > MOST:
        raise Invalid(_("筛选出来的凭证超过 %(n)s 笔，请缩小范围。") % {"n": MOST})
    if len({each.buyer_id for each in rows}) > 1:
        raise Invalid(_("一次只抽一个采购人的凭证，请先按采购人筛选。"))
    errors: dict[str, list[str]] = {}
    if not title.strip():
        errors["title"] = [_("请给这次抽样起个名字。")]
    if method not in dict(Sample.METHODS):
        errors["method"] = [_("请选择抽样方法。")]
    if not 1 <= wanted <= min(MOST_PICKED, len(rows)):
        errors["wanted"] = [_("可抽 1 至 %(n)s 笔。") % {"n": min(MOST_PICKED, len(rows))}]
    if errors:
        raise Invalid(errors=errors)
    by_key = {str(each.pk): each for each in rows}
    fen = {key: to_fen(each.amount) for key, each in by_key.items()}
    seed = new_seed()
    picks = chosen(method, seed, fen, wanted)
    interval = from_fen(interval_of(sum(fen.values()), wanted)) if method == "monetary" else ZERO
    sample = begin(
        Sample(
            buyer_id=rows[0].buyer_id, region_path=rows[0].buyer.region.path, title=title.strip(), method=method,
            query=query[:400], seed=seed, population=fen, digest=digest_of(fen), size=len(rows),
            total_amount=from_fen(sum(fen.values())), wanted=wanted, interval=interval, drawn_by_key=actor.user_key,
            drawn_by_name=actor.user_name,
        ),
        actor=actor,
        facts={"method": method, "seed": seed, "population": digest_of(fen), "picked": [each.key for each in picks]},
    )  # fmt: skip
    SampleItem.objects.bulk_create(
        SampleItem(
            sample=sample, n=n, expense=by_key[each.key], amount=by_key[each.key].amount, hits=each.hits,
            is_certain=each.certain,
        )
        for n, each in enumerate(picks, 1)
    )  # fmt: skip
    return sample


@transaction.atomic
def judge_item(
    item: SampleItem,
    *,
    actor: Actor,
    result: str,
    note: str,
    error_amount: Decimal = ZERO,
    papers: Iterable[Any] = (),
) -> SampleItem:
    """Write the working paper of one voucher of a sample (核对凭证); until the sample is concluded it may be written again.

    result        ok | error;  error_amount: yuan, above 0.00 and at most the voucher's where it is wrong
    papers        uploads or Documents
    raises        NotAllowed · NotNow (concluded) · Invalid at result, note, error_amount, papers · Conflict
    writes        the item, its files; one journal entry "judge" of the sample
    """
    sample = Sample.objects.get(pk=item.sample_id)
    require(sample, "judge", actor)
    uploads = list(papers)
    errors: dict[str, list[str]] = {}
    if result not in dict(SampleItem.RESULTS):
        errors["result"] = [_("请选择结果。")]
    if not note.strip():
        errors["note"] = [_("请写明核对了什么。")]
    error = error_amount if result == "error" else ZERO
    if result == "error" and not ZERO < error <= item.amount:
        errors["error_amount"] = [_("不符金额要大于 0，不超过 %(sum)s 元。") % {"sum": money_text(item.amount)}]
    if item.files.count() + len(uploads) > MAX_FILES:
        errors["papers"] = [_("每笔最多 %(n)s 个文件。") % {"n": MAX_FILES}]
    if errors:
        raise Invalid(errors=errors)
    documents = [
        each
        if isinstance(each, Document)
        else store(each, name=each.name, actor=actor, purpose="audit_evidence", field="papers")
        for each in uploads
    ]
    facts = {"item": item.n, "result": result, "error": f"{error}", "note": note.strip()}
    advance(sample, "judge", actor=actor, facts=facts, documents=documents)
    item.result, item.error_amount, item.note = result, error, note.strip()
    item.judged_by_name, item.judged_at = actor.user_name, clock.now()
    item.save(update_fields=["result", "error_amount", "note", "judged_by_name", "judged_at"])
    SampleFile.objects.bulk_create(SampleFile(item=item, document=each) for each in documents)
    return item


@transaction.atomic
def conclude_sample(sample: Sample, *, actor: Actor, conclusion: str) -> Sample:
    """Conclude a sample (完成抽样). raises  NotAllowed · NotNow (a voucher was not looked at) · Invalid · Conflict"""
    require(sample, "conclude", actor)
    left = sample.items.filter(result="").count()
    if left:
        raise NotNow(_("还有 %(n)s 笔没有核对。") % {"n": left})
    if not conclusion.strip():
        raise Invalid(_("请写抽样结论。"), field="conclusion")
    return advance(sample, "conclude", actor=actor, conclusion=conclusion.strip())


@transaction.atomic
def feed_sample(sample: Sample, *, actor: Actor, engagement: Engagement) -> Sample:
    """Take a sample's vouchers into an audit (列入专项审计): one item of the scope 资金使用 each, once.

    raises  NotAllowed (not of that audit's team) · NotNow (its draft is out) · Invalid (no voucher of that contract is new)
    writes  the items; a journal entry "feed" of the sample and "add_item" of the audit
    """
    require(sample, "feed", actor)
    require(engagement, "add_item", actor)
    known = set(ProgrammeItem.objects.filter(engagement=engagement, origin="sample").values_list("subject", flat=True))
    rows = [
        each
        for each in items_of(sample)
        if each.expense.contract_id == engagement.contract_id and each.expense.journal_key not in known
    ]
    if not rows:
        raise Invalid(_("样本里没有这份合同的、还没列入的凭证。"), field="engagement")
    advance(engagement, "add_item", actor=actor, facts={"sample": str(sample.pk), "items": len(rows)})
    append_items(engagement, [_planned(each, sample) for each in rows])
    advance(sample, "feed", actor=actor, facts={"engagement": str(engagement.pk), "items": len(rows)})
    return sample


def _planned(item: SampleItem, sample: Sample) -> Planned:
    expense = item.expense
    return Planned(
        "funds", "sample", _("凭证：%(what)s") % {"what": expense},
        _("与活动对应、票据合规、收款方真实"),
        _("%(day)s 支付 %(sum)s 元，%(state)s") % {
            "day": expense.spent_on, "sum": money_text(expense.amount), "state": expense.status_label,
        },
        _("抽样「%(title)s」第 %(n)s 笔：核对原始凭证和对应的活动") % {"title": sample.title, "n": item.n},
        f"/w/trace/vouchers/{expense.pk}/", expense.journal_key,
    )  # fmt: skip


@transaction.atomic
def save_view(*, actor: Actor, page: str, name: str, query: str) -> SavedView:
    """Keep a filter under a name (存为常用); the same name is replaced. raises  NotAllowed · Invalid at name"""
    if not can_trace(actor):
        raise NotAllowed(_("这一页不归您看。"))
    if not name.strip() or len(name.strip()) > 20:
        raise Invalid(_("名称要 1 至 20 个字。"), field="name")
    if not query or len(query) > 400:
        raise Invalid(_("请先筛选，再存为常用。"), field="name")
    mine = SavedView.objects.filter(person_key=actor.user_key, page=page)
    if mine.exclude(name=name.strip()).count() >= MAX_VIEWS:
        raise Invalid(_("每页最多存 %(n)s 个，请先去掉一个。") % {"n": MAX_VIEWS}, field="name")
    return mine.update_or_create(person_key=actor.user_key, page=page, name=name.strip(), defaults={"query": query})[0]


@transaction.atomic
def drop_view(view: SavedView, *, actor: Actor) -> None:
    """Throw a saved view away; only one's own. raises  NotAllowed"""
    if view.person_key != actor.user_key:
        raise NotAllowed(_("这不是您存的。"))
    view.delete()

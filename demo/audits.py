"""The moves of the audit (专项审计): 经审 with 财政 on the finished project; one finding put right, one still open."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from audit.engagements.findings import report_rectification, verify_finding, write_finding
from audit.engagements.models import AuditFinding, Engagement, ProgrammeItem
from audit.engagements.operations import (
    enter_field,
    issue_report,
    notify_engagement,
    reply_draft,
    send_draft,
    start_engagement,
    write_paper,
)
from audit.engagements.queries import candidates
from audit.tracing.models import Sample
from audit.tracing.operations import draw_sample, judge_item, save_view
from audit.tracing.queries import traced_vouchers
from core import clock
from core.documents import store
from core.reports import request_report
from demo.moves import Stage
from procurement.contracts.models import Contract

OPINION = (
    "服务过程：活动按计划开展，签到、照片和街道核实齐全，检查发现的问题已整改。任务完成：各项数量达到合同约定，节点按期验收。"
    "资金使用：专账核算，支出与活动基本对应；个别凭证依据不足，固定流程不够规范，应当整改。"
)
FACTS = {
    "process": "抽查五场活动，签到、照片与活动记录一致；街道核实在先、采购人计数在后。",
    "tasks": "按活动记录重新计数，与验收核定数量一致；验收书有小组成员和服务对象意见。",
    "funds": "核对结算依据、发票、收款账户和国库凭证，金额一致。",
}


def finished_project_audited(stage: Stage) -> Engagement:
    """王家桥: noticed six days ago, in the field three days later; the provider has returned 820 yuan, the buyer is to answer."""
    contract: Contract = Contract.objects.get(pk=stage.world.facts["children_settled"].pk)
    with stage.on(-6, 9):
        lead = stage.actor("auditor")
        finance = [each for each in candidates(contract) if each.role == "district_finance"]
        engagement = start_engagement(
            contract, actor=lead, reason="列入本年度群团购买服务资金审计计划", members=finance,
            field_on=clock.today() + timedelta(days=3), due_on=clock.today() + timedelta(days=6),
        )  # fmt: skip
        notify_engagement(engagement, actor=lead)
    with stage.on(-3, 9):
        enter_field(engagement, actor=stage.actor("auditor"))
    with stage.on(-3, 15):
        first, second = _papers(stage, engagement)
        engagement = Engagement.objects.select_related("contract", "buyer").get(pk=engagement.pk)
        send_draft(engagement, actor=stage.actor("auditor"), opinion=OPINION)
    with stage.on(-2, 10):
        words = "同意。该笔物资为活动结余后补购，未能一一对应，愿意退回。"
        reply_draft(engagement, actor=stage.actor("provider1"), agrees=True, text=words)
        reply_draft(engagement, actor=stage.actor("leader"), agrees=True)
    with stage.on(-2, 16):
        issue_report(engagement, actor=stage.actor("auditor"))
        request_report("audit.engagement", engagement, actor=stage.actor("auditor"))
    with stage.on(-1, 10):
        actor = stage.actor("provider1")
        finding = AuditFinding.objects.select_related("engagement__contract").get(pk=first.pk)
        slip = store(
            "网上银行电子回单：退回 820.00 元".encode(), name="退款回单.txt", actor=actor, purpose="audit_rectification"
        )
        report_rectification(
            finding, actor=actor, answer="820.00 元已退回指定账户；物资领用改为按活动逐次登记。", papers=[slip],
            put_right=Decimal("820.00"),
        )  # fmt: skip
    with stage.on(-1, 16):
        verify_finding(finding, actor=stage.actor("district_finance"))
    stage.world.facts["finding"] = second.pk
    return Engagement.objects.get(pk=engagement.pk)


def _papers(stage: Stage, engagement: Engagement) -> tuple[AuditFinding, AuditFinding]:
    """A paper for every item, shared by both members; two of them found something."""
    items = list(engagement.items.all())
    goods = next(each for each in items if each.origin == "expenses" and "物资" in each.title)
    inspections = next(each for each in items if each.origin == "inspections")
    for n, item in enumerate(items):
        actor = stage.actor("auditor" if n % 2 else "district_finance")
        if item.pk in {goods.pk, inspections.pk}:
            continue
        write_paper(item, actor=actor, facts=FACTS[item.scope], conclusion="ok")
    return (
        _found(
            stage, goods, "抽查物资支出，有一笔 820.00 元没有对应的活动领用记录。", "明细核对表.txt",
            kind="voucher", title="一笔物资支出没有活动领用记录", amount=Decimal("820.00"),
            clause="合同：项目经费专款专用、票据齐全", demand="退回 820.00 元，建立物资领用登记", responsible="provider",
        ),
        _found(
            stage, inspections, "中期检查的整改复查只有结论，没有复查时的现场记录。", "检查资料核对.txt",
            kind="process", title="整改复查没有现场记录", amount=Decimal("0.00"),
            clause="《政府采购需求管理办法》关于履约检查留痕的要求", demand="补充复查说明，今后复查附现场照片", responsible="buyer",
        ),
    )  # fmt: skip


def _found(
    stage: Stage, item: ProgrammeItem, facts: str, name: str, *, kind: str, title: str, amount: Decimal, clause: str,
    demand: str, responsible: str,
) -> AuditFinding:  # fmt: skip
    actor = stage.actor("auditor")
    paper = store(facts.encode(), name=name, actor=actor, purpose="audit_evidence")
    write_paper(item, actor=actor, facts=facts, conclusion="issue", papers=[paper])
    return write_finding(
        item, actor=actor, kind=kind, title=title, statement=facts, amount=amount, clause=clause, demand=demand,
        responsible=responsible, due_on=clock.today() + timedelta(days=30),
    )  # fmt: skip


def vouchers_sampled(stage: Stage) -> Sample:
    """A monetary sample of the finished project's accepted vouchers, drawn yesterday; one is still to be looked at."""
    contract: Contract = stage.world.facts["children_settled"]
    with stage.on(-1, 9):
        actor = stage.actor("auditor")
        query = urlencode({"status": "accepted", "contract": contract.pk})
        sample = draw_sample(
            traced_vouchers(actor).filter(status="accepted", contract=contract), actor=actor,
            title="王家桥项目支出凭证抽查", method="monetary", wanted=5, query=query,
        )  # fmt: skip
        save_view(actor=actor, page="vouchers", name="王家桥已认可", query=query)
    with stage.on(-1, 11):
        items = list(sample.items.select_related("expense"))
        for n, item in enumerate(items[:-1]):
            wrong: dict[str, Any] = {
                "result": "error",
                "error_amount": Decimal("60.00"),
                "note": "小票合计比发票少 60.00 元。",
            }
            right: dict[str, Any] = {"result": "ok", "note": "票据、收款方和活动记录相符。"}
            judge_item(item, actor=stage.actor("auditor"), **(wrong if n == 1 else right))
    return Sample.objects.get(pk=sample.pk)

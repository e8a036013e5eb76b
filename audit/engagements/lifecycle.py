"""A special audit (专项审计): planned, noticed, in the field, drafted, answered, issued, put right, closed.

A finding (审计发现) has a life of its own: drafted with the report, open once it is issued, put right with proof.
"""

from audit.permissions import engagements as may
from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step

OPERATIONS = "audit.engagements.operations"
FINDINGS = "audit.engagements.findings"
FORMS = "audit.engagements.forms"


def by_issue(actor: Actor, thing: object) -> bool:
    """Ends of another verb, never offered by themselves."""
    return actor.is_authenticated


ENGAGEMENT = Lifecycle(
    name="audit.engagement",
    label="专项审计",
    initial="planned",
    statuses={
        "planned": Status("筹备中", "plain", public=False, note="the funds reviewer starts it with team and contract"),
        "notified": Status("已通知", "wait", note="the lead sends the audit notice"),
        "fieldwork": Status("审计中", "go", note="the team begins with its papers"),
        "draft": Status("征求意见", "wait", note="the lead sends the draft to both sides"),
        "responded": Status("已答复", "go", note="the second of both sides has answered"),
        "rectifying": Status("整改中", "wait", note="the report is issued with findings"),
        "final": Status("已出报告", "go", note="the report is issued without a finding to put right"),
        "closed": Status("已办结", "done", end=True, note="the lead closes it: every finding is put right or dropped"),
        "cancelled": Status("已取消", "stop", end=True, note="the lead takes it back before the field work"),
    },
    steps=(
        Step(
            "notify", ("planned",), "notified", "发审计通知书", may.can_lead,
            f"{OPERATIONS}.notify_engagement", primary=True,
            consequence="编号后送采购人和承接单位；审计组和审计方案随之固定，之后只增不减。",
        ),
        Step(
            "enter", ("notified",), "fieldwork", "进点审计", may.can_lead,
            f"{OPERATIONS}.enter_field", primary=True, consequence="审计组成员可以开始编制工作底稿。",
        ),
        Step(
            "add_item", ("planned", "notified", "fieldwork"), "", "增加审计事项", may.can_audit,
            f"{OPERATIONS}.add_item", f"{FORMS}.ItemForm", weight="none",
        ),
        Step("write", ("fieldwork",), "", "编制底稿", may.can_audit, weight="none", listed=False),
        Step(
            "send_draft", ("fieldwork",), "draft", "送征求意见稿", may.can_lead,
            f"{OPERATIONS}.send_draft", f"{FORMS}.DraftForm", primary=True,
            consequence="每个事项都有底稿才能送。采购人和承接单位随即看到征求意见稿和审计发现，限期答复。",
        ),
        Step(
            "reply", ("draft",), "", "答复征求意见稿", may.can_reply,
            f"{OPERATIONS}.reply_draft", f"{FORMS}.ReplyForm", primary=True,
        ),
        Step("complete", ("draft",), "responded", "双方已答复", by_issue, listed=False),
        Step(
            "issue", ("draft", "responded"), "rectifying", "出具审计报告", may.can_lead,
            f"{OPERATIONS}.issue_report", f"{FORMS}.IssueForm", primary=True, password=True,
            consequence="报告出具后不再修改。没有撤销的审计发现进入整改；整改办结前，本合同不能申报奖励性补助，付款不受影响。",
        ),
        Step("issue_clean", ("draft", "responded"), "final", "出具无问题报告", by_issue, listed=False),
        Step(
            "close", ("rectifying", "final"), "closed", "审计办结", may.can_lead,
            f"{OPERATIONS}.close_engagement", primary=True, consequence="全部审计发现都已整改合格，审计归档。",
        ),
        Step(
            "cancel", ("planned", "notified"), "cancelled", "取消审计", may.can_lead,
            f"{OPERATIONS}.cancel_engagement", reason=True,
        ),
    ),
    line=(
        ("筹备", ("planned",)),
        ("通知", ("notified",)),
        ("现场", ("fieldwork",)),
        ("征求意见", ("draft", "responded")),
        ("报告与整改", ("final", "rectifying")),
        ("办结", ("closed",)),
    ),
)

FINDING = Lifecycle(
    name="audit.finding",
    label="审计发现",
    initial="drafted",
    statuses={
        "drafted": Status("待出报告", "plain", note="a member of the team writes it from a working paper"),
        "open": Status("待整改", "wait", note="the report is issued, or what was reported is sent back"),
        "reported": Status("待核验", "go", note="the responsible side reports what it put right, with proof"),
        "closed": Status("整改合格", "done", end=True, note="the team verified it"),
        "dropped": Status("已撤销", "stop", end=True, note="the team drops it before the report"),
    },
    steps=(
        Step(
            "amend", ("drafted",), "", "修改", may.can_write_finding, f"{FINDINGS}.amend_finding",
            f"{FORMS}.FindingForm", weight="none",
        ),
        Step(
            "drop", ("drafted",), "dropped", "撤销", may.can_write_finding, f"{FINDINGS}.drop_finding", reason=True,
            consequence="答复有理有据、不构成问题的，写明理由撤销；不写进报告的问题清单。",
        ),
        Step("issue", ("drafted",), "open", "随报告出具", by_issue, listed=False),
        Step(
            "report", ("open",), "reported", "报告整改", may.can_report_rectification,
            f"{FINDINGS}.report_rectification", f"{FORMS}.RectifyForm", primary=True,
        ),
        Step(
            "verify", ("reported",), "closed", "核验合格", may.can_write_finding,
            f"{FINDINGS}.verify_finding", primary=True, consequence="这一条整改办结，不能再打开。",
        ),
        Step(
            "refuse", ("reported",), "open", "退回整改", may.can_write_finding,
            f"{FINDINGS}.refuse_rectification", f"{FORMS}.RefuseForm", reason=True,
        ),
        Step(
            "extend", ("open",), "", "延长期限", may.can_write_finding,
            f"{FINDINGS}.extend_finding", f"{FORMS}.ExtendForm", reason=True,
        ),
    ),
    line=(
        ("提出", ("drafted",)),
        ("整改", ("open",)),
        ("核验", ("reported",)),
        ("合格", ("closed",)),
    ),
)

"""A scheme (奖励办法) and an incentive (奖励性补助): nominated, reviewed by two offices, decided and published, paid."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from evaluation import permissions as may

_S, _O, _P, _F = (f"evaluation.incentives.{module}" for module in ("schemes", "operations", "paying", "forms"))


def by_news(actor: Actor, incentive: object) -> bool:
    """Steps that follow another one: both reviews are in, the last objection is answered."""
    return actor.is_authenticated


INCENTIVE_SCHEME = Lifecycle(
    name="evaluation.incentive_scheme",
    label="奖励办法",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="a programme officer writes it"),
        "published": Status("接受申报", "go", note="the leadership publishes it; its total is set aside on the budget line"),
        "closed": Status("已结束", "done", end=True, note="the leadership closes it; what no incentive took goes back to the line"),
        "void": Status("已作废", "stop", end=True, public=False, note="the drafter drops the draft"),
    },
    steps=(
        Step(
            "edit", ("draft",), "", "修改", may.can_draft_scheme, f"{_S}.edit_scheme", f"{_F}.SchemeForm", weight="none",
        ),
        Step(
            "publish", ("draft",), "published", "发布办法", may.can_publish_scheme, f"{_S}.publish_scheme", primary=True,
            consequence="发布后总额即在预算线上安排，办法不再改动，社会组织可以申报。",
        ),
        Step("drop", ("draft",), "void", "作废", may.can_draft_scheme, f"{_S}.drop_scheme", reason=True),
        Step(
            "close", ("published",), "closed", "结束", may.can_close_scheme, f"{_S}.close_scheme",
            consequence="没有用完的资金退回预算线，不再接受申报。",
        ),
    ),
    line=(("起草", ("draft",)), ("申报", ("published",)), ("结束", ("closed",))),
)

INCENTIVE = Lifecycle(
    name="evaluation.incentive",
    label="奖励性补助",
    initial="nominated",
    statuses={
        "nominated": Status("待审核", "wait", public=False, note="a programme officer nominates, or the provider applies"),
        "reviewed": Status("待决定", "wait", public=False, note="funds review and discipline both have no objection"),
        "published": Status("公示中", "go", note="the leadership decides the amount; the publicity begins"),
        "objected": Status("异议核查中", "stop", note="an objection came in while it was published"),
        "payable": Status("待支付", "wait", note="finance asks, after the publicity, with nothing open"),
        "paid": Status("已支付", "done", note="the cashier records the treasury's voucher"),
        "refused": Status("未通过", "stop", end=True, public=False, note="a reviewer or the leadership refuses, with the reason"),
        "withdrawn": Status("已撤回", "stop", end=True, public=False, note="who nominated takes it back"),
        "revoked": Status("已撤销", "stop", end=True, note="an objection holds, or the leadership takes its decision back"),
    },
    steps=(
        Step(
            "add_paper", ("nominated",), "", "补充材料", may.can_add_paper, f"{_O}.add_paper", f"{_F}.PaperForm",
            weight="none",
        ),
        Step(
            "clear_funds", ("nominated",), "", "经审无异议", may.can_clear_funds, f"{_O}.clear_funds", f"{_F}.OpinionForm",
            primary=True, consequence="核对资金使用、审计发现和支出凭证后填写意见。",
        ),
        Step(
            "clear_discipline", ("nominated",), "", "纪检无异议", may.can_clear_discipline, f"{_O}.clear_discipline",
            f"{_F}.OpinionForm", primary=True, consequence="核对利益关系、信用和有无举报后填写意见。",
        ),
        Step("complete", ("nominated",), "reviewed", "两方审核完", by_news, listed=False),
        Step(
            "refuse", ("nominated", "reviewed"), "refused", "不予通过", may.can_refuse, f"{_O}.refuse_incentive", reason=True,
        ),
        Step(
            "withdraw", ("nominated", "reviewed"), "withdrawn", "撤回", may.can_withdraw, f"{_O}.withdraw_incentive",
            reason=True,
        ),
        Step(
            "decide", ("reviewed",), "published", "决定并公示", may.can_decide, f"{_O}.decide_incentive", f"{_F}.DecideForm",
            primary=True, consequence="金额随即在预算线上占用，公示期内任何人可以提出异议。",
        ),
        Step(
            "object", ("published", "objected"), "objected", "登记异议", may.can_handle_objection, f"{_O}.enter_objection",
            f"{_F}.ObjectionForm", consequence="登记后停止办理支付，在期限内核查答复。",
        ),
        Step(
            "dismiss", ("objected",), "", "答复：不成立", may.can_handle_objection, f"{_O}.dismiss_objection",
            f"{_F}.AnswerForm", primary=True, consequence="答复最早的一件异议；全部答复后恢复办理。",
        ),
        Step(
            "uphold", ("objected",), "revoked", "答复：成立", may.can_handle_objection, f"{_O}.uphold_objection",
            f"{_F}.AnswerForm", consequence="异议成立即撤销奖励，占用的资金释放，并公告。",
        ),
        Step("resume", ("objected",), "published", "恢复", by_news, listed=False),
        Step(
            "revoke", ("published", "payable"), "revoked", "撤销决定", may.can_revoke, f"{_O}.revoke_incentive", reason=True,
            consequence="占用的资金释放，并公告。",
        ),
        Step(
            "request_payment", ("published",), "payable", "申请支付", may.can_request_grant, f"{_P}.request_grant", primary=True,
            consequence="公示期满、没有异议和审计发现才能申请；收款账户取承接单位现在的、经两人复核的账户。",
        ),
        Step(
            "record", ("payable",), "paid", "登记支付凭证", may.can_record_grant, f"{_P}.record_grant", f"{_F}.VoucherForm",
            primary=True, consequence="登记后计入台账并公告，不能再改。",
        ),
        Step(
            "bounce", ("paid",), "published", "登记退票", may.can_record_bounce, f"{_P}.bounce_grant", f"{_F}.BounceForm",
            reason=True, consequence="账上的这笔支出冲回；核对账户以后由财务重新申请。",
        ),
    ),
    line=(
        ("申报", ("nominated",)),
        ("审核", ("reviewed",)),
        ("公示", ("published", "objected")),
        ("支付", ("payable", "paid")),
    ),
)

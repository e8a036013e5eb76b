"""A settlement (结算) of a milestone or of the whole contract: drawn, checked, approved, paid."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import settlements as may


def by_news(actor: Actor, settlement: object) -> bool:
    """Steps that follow the payment."""
    return actor.is_authenticated


SETTLEMENT = Lifecycle(
    name="procurement.settlement",
    label="结算",
    initial="drawn",
    statuses={
        "drawn": Status("待财务审核", "wait", note="a programme officer draws it up from the acceptances"),
        "checked": Status("待批准", "wait", note="finance checked the arithmetic; the provider confirms it, then the leadership approves"),
        "approved": Status("待支付", "wait", note="the leadership approved it"),
        "paid": Status("已支付", "done", end=True, note="its payment was recorded with a voucher number"),
        "returned": Status("已退回", "stop", end=True, note="finance or the leadership sent it back, or the provider disputes it; a new one is drawn"),
    },
    steps=(
        Step(
            "check", ("drawn",), "checked", "审核通过", may.can_check_settlement,
            "procurement.settlements.operations.check_settlement", primary=True, consequence="金额随即锁定，等待批准。",
        ),
        Step(
            "confirm", ("checked",), "", "确认无误", may.can_confirm_settlement,
            "procurement.settlements.operations.confirm_settlement", primary=True,
            consequence="确认后由采购人批准；金额有出入的，请选「有异议」。",
        ),
        Step(
            "dispute", ("checked",), "returned", "有异议", may.can_confirm_settlement,
            "procurement.settlements.operations.dispute_settlement", reason=True,
            consequence="写明哪一项不对、应是多少；采购人核对后重新编制。",
        ),
        Step(
            "approve", ("checked",), "approved", "批准结算", may.can_approve_settlement,
            "procurement.settlements.operations.approve_settlement", "procurement.settlements.forms.ApproveForm", primary=True,
            consequence="批准后可以申请支付。",
        ),
        Step(
            "return", ("drawn", "checked"), "returned", "退回", may.can_return_settlement,
            "procurement.settlements.operations.return_settlement", reason=True,
        ),
        Step(
            "conclude", ("approved",), "paid", "办结", may.can_conclude_settlement,
            "procurement.payments.operations.conclude_settlement", "procurement.settlements.forms.ConcludeForm",
            primary=True, consequence="没有应付金额的结算在这里办结；有应退款的，登记退款到账凭证，资金退回预算线。",
        ),
        Step("pay", ("approved",), "paid", "支付", by_news, listed=False),
        Step("bounce", ("paid",), "approved", "退票", by_news, listed=False),
    ),
    line=(("核定", ("drawn",)), ("审核", ("checked",)), ("批准", ("approved",)), ("支付", ("paid",))),
)

"""A payment (支付): an order to the treasury. The platform records voucher number and day; it never "pays"."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import payments as may

PAYMENT = Lifecycle(
    name="procurement.payment",
    label="支付",
    initial="requested",
    statuses={
        "requested": Status("待批准", "wait", note="a finance officer asks"),
        "approved": Status("待支付", "wait", note="the leadership approves"),
        "paid": Status("已支付", "done", end=True, note="the cashier records the treasury's voucher"),
        "bounced": Status("已退票", "stop", end=True, note="the bank gave the money back; finance asks anew"),
        "returned": Status("已退回", "stop", end=True, note="the approver sends it back"),
    },
    steps=(
        Step(
            "approve", ("requested",), "approved", "批准支付", may.can_approve_payment,
            "procurement.payments.operations.approve_payment", "procurement.payments.forms.ApproveForm",
            primary=True, consequence="批准后出纳据此办理国库支付。",
        ),
        Step(
            "return", ("requested",), "returned", "退回", may.can_approve_payment,
            "procurement.payments.operations.return_payment", reason=True,
        ),
        Step(
            "record", ("approved",), "paid", "登记支付凭证", may.can_record_payment,
            "procurement.payments.operations.record_payment", "procurement.payments.forms.VoucherForm",
            primary=True, consequence="登记后计入台账，不能再改。",
        ),
        Step(
            "bounce", ("paid",), "bounced", "登记退票", may.can_record_bounce,
            "procurement.payments.bounces.bounce_payment", "procurement.payments.forms.BounceForm", reason=True,
            consequence="账上的这笔支出冲回，结算重新待支付；核对账号以后再申请。",
        ),
    ),
    line=(("申请", ("requested",)), ("批准", ("approved",)), ("支付", ("paid",))),
)

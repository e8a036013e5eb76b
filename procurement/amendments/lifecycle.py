"""An amendment (补充协议): written, approved one level up, signed by both sides, in force."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import amendments as may

OPERATIONS = "procurement.amendments.operations"


def by_news(actor: Actor, amendment: object) -> bool:
    """The step that follows the second signature."""
    return actor.is_authenticated


AMENDMENT = Lifecycle(
    name="procurement.amendment",
    label="补充协议",
    initial="submitted",
    statuses={
        "submitted": Status("待批准", "wait", note="a programme officer writes it, with its reason"),
        "signing": Status("待签订", "wait", note="the leadership approves it"),
        "in_force": Status("已生效", "done", end=True, note="both sides signed it; contract and budget follow"),
        "refused": Status("未批准", "stop", end=True, note="the leadership refuses it, with the reason"),
        "withdrawn": Status("已撤回", "stop", end=True, note="the buyer takes it back before both signed"),
    },
    steps=(
        Step(
            "approve", ("submitted",), "signing", "批准", may.can_approve_amendment,
            f"{OPERATIONS}.approve_amendment", primary=True, consequence="批准后由双方签订；都签后合同和预算随即变更。",
        ),
        Step(
            "refuse", ("submitted",), "refused", "不予批准", may.can_approve_amendment,
            f"{OPERATIONS}.refuse_amendment", reason=True,
        ),
        Step(
            "sign", ("signing",), "", "签订", may.can_sign_amendment,
            f"{OPERATIONS}.sign_amendment", "procurement.amendments.forms.SignForm", password=True, primary=True,
            consequence="签的是上面摘要对应的这一份 PDF；双方都签后生效，合同和预算随即变更。",
        ),
        Step("take_effect", ("signing",), "in_force", "生效", by_news, listed=False),
        Step(
            "file", ("in_force",), "", "登记备案", may.can_file_amendment,
            f"{OPERATIONS}.file_amendment", "procurement.contracts.forms.FilingForm",
        ),
        Step(
            "withdraw", ("submitted", "signing"), "withdrawn", "撤回", may.can_keep_amendment,
            f"{OPERATIONS}.withdraw_amendment", reason=True,
        ),
    ),
    line=(("拟定", ("submitted",)), ("签订", ("signing",)), ("生效", ("in_force",))),
)

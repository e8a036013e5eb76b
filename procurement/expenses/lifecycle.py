"""An expense (支出): entered and handed in by the provider, accepted, questioned or rejected by the buyer's finance."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import expenses as may

OPERATIONS = "procurement.expenses.operations"
FORMS = "procurement.expenses.forms"

EXPENSE = Lifecycle(
    name="procurement.expense",
    label="支出",
    initial="entered",
    statuses={
        "entered": Status("已登记", note="the provider enters it; only the provider sees it"),
        "submitted": Status("待审核", "wait", note="the provider hands it in with its voucher, or answers a question"),
        "questioned": Status("待说明", "wait", note="the buyer's finance asks, with the reason"),
        "accepted": Status("已认可", "done", end=True, note="the buyer's finance accepts it: it is spent of what was paid"),
        "rejected": Status("不予认可", "stop", end=True, note="the buyer's finance refuses it, with the reason"),
        "withdrawn": Status("已撤回", "stop", end=True, note="the provider takes it back before it is judged"),
    },
    steps=(
        Step(
            "edit", ("entered",), "", "修改", may.can_keep_expense,
            f"{OPERATIONS}.edit_expense", f"{FORMS}.EditForm", weight="none",
        ),
        Step(
            "submit", ("entered",), "submitted", "提交审核", may.can_keep_expense,
            f"{OPERATIONS}.submit_expense", primary=True, consequence="提交后由采购人财务审核，不能再改。",
        ),
        Step(
            "accept", ("submitted",), "accepted", "认可", may.can_judge_expense,
            f"{OPERATIONS}.accept_expense", primary=True, consequence="认可后计入专账支出，不再改动。",
        ),
        Step(
            "question", ("submitted",), "questioned", "要求说明", may.can_judge_expense,
            f"{OPERATIONS}.question_expense", reason=True, consequence="承接单位说明后重新提交审核。",
        ),
        Step(
            "answer", ("questioned",), "submitted", "说明", may.can_keep_expense,
            f"{OPERATIONS}.answer_expense", f"{FORMS}.AnswerForm", primary=True,
        ),
        Step(
            "reject", ("submitted", "questioned"), "rejected", "不予认可", may.can_judge_expense,
            f"{OPERATIONS}.reject_expense", reason=True,
            consequence="不计入专账支出，这笔钱算作结余；理由告知承接单位。",
        ),
        Step(
            "withdraw", ("entered", "submitted", "questioned"), "withdrawn", "撤回", may.can_keep_expense,
            f"{OPERATIONS}.withdraw_expense", reason=True,
            consequence="撤回后不再计入，发票可以重新登记。",
        ),
    ),
    line=(
        ("登记", ("entered",)),
        ("审核", ("submitted", "questioned")),
        ("认可", ("accepted",)),
    ),
)

"""A final account (年度决算): drafted by finance, reviewed, approved by the leadership, published."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import final_accounts as may

OPERATIONS = "procurement.final_accounts.operations"

FINAL_ACCOUNT = Lifecycle(
    name="procurement.final_account",
    label="年度决算",
    initial="draft",
    statuses={
        "draft": Status("编制", public=False, note="finance draws it from the ledger, or it was returned"),
        "reviewing": Status("待经审", "wait", public=False, note="finance hands it in, every variance explained"),
        "reviewed": Status("待批准", "wait", public=False, note="the funds reviewer finds it right"),
        "approved": Status("待公开", "wait", public=False, note="the leadership approves it; it equals the ledger to the fen"),
        "published": Status("已公开", "done", end=True, note="the notice is out"),
    },
    steps=(
        Step("redraw", ("draft",), "", "重新取数", may.can_draft_account, f"{OPERATIONS}.redraw_account", weight="none"),
        Step(
            "explain", ("draft",), "", "说明差异", may.can_draft_account, f"{OPERATIONS}.explain_account",
            "procurement.final_accounts.forms.NotesForm", weight="none",
        ),
        Step(
            "submit", ("draft",), "reviewing", "送经审", may.can_draft_account, f"{OPERATIONS}.submit_account",
            primary=True, consequence="送审后由经审审核，再由班子批准。",
        ),
        Step(
            "review", ("reviewing",), "reviewed", "经审通过", may.can_review_account, f"{OPERATIONS}.review_account",
            primary=True,
        ),
        Step(
            "return", ("reviewing", "reviewed"), "draft", "退回", may.can_return_account, f"{OPERATIONS}.return_account",
            reason=True,
        ),
        Step(
            "approve", ("reviewed",), "approved", "批准决算", may.can_approve_account, f"{OPERATIONS}.approve_account",
            primary=True, consequence="批准时平台按台账重算一遍，差一分都不能批准。",
        ),
        Step(
            "publish", ("approved",), "published", "公开决算", may.can_publish_account, f"{OPERATIONS}.publish_account",
            primary=True, consequence="作为公告公开，公开后不再改动。",
        ),
    ),
    line=(("编制", ("draft",)), ("经审", ("reviewing",)), ("批准", ("reviewed",)), ("公开", ("approved", "published"))),
)

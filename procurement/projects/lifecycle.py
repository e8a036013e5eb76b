"""A project (项目): written, argued, approved; then the later stages move it until it is closed."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import projects as may


def by_news(actor: Actor, project: object) -> bool:
    """Steps that follow a later stage's news (receivers.py), taken in the name of whoever moved that stage."""
    return actor.is_authenticated


PROJECT = Lifecycle(
    name="procurement.project",
    label="项目",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="a programme officer writes it"),
        "feasibility": Status("论证中", "go", public=False, note="the writer submits it"),
        "approved": Status("已立项", "done", note="the leadership approves it"),
        "procuring": Status("采购中", "go", note="its order is published"),
        "contracted": Status("履约中", "go", note="its contract is signed"),
        "closed": Status("已完成", "done", end=True, note="its final payment is made"),
        "rejected": Status("未通过", "stop", public=False, end=True, note="the leadership refuses it"),
        "failed": Status("采购失败", "stop", note="its order failed or was cancelled; a new order may be issued"),
        "terminated": Status("已终止", "stop", end=True, note="its buyer ends it"),
    },
    steps=(
        Step(
            "edit",
            ("draft",),
            "",
            "修改",
            may.can_draft_project,
            "procurement.projects.operations.edit_project",
            "procurement.projects.forms.ProjectForm",
            weight="none",
        ),
        Step(
            "attach",
            ("draft", "feasibility"),
            "",
            "添加资料",
            may.can_draft_project,
            "procurement.projects.operations.attach_files",
            "procurement.projects.forms.AttachForm",
            weight="none",
        ),
        Step(
            "submit",
            ("draft",),
            "feasibility",
            "提交论证",
            may.can_draft_project,
            "procurement.projects.operations.submit_project",
            consequence="提交后资金随即预留，等待另一位同事审批。",
            primary=True,
        ),
        Step(
            "approve",
            ("feasibility",),
            "approved",
            "批准立项",
            may.can_approve_project,
            "procurement.projects.operations.approve_project",
            "procurement.projects.forms.ApproveForm",
            consequence="批准后可以发订单。",
            primary=True,
        ),
        Step(
            "return",
            ("feasibility",),
            "draft",
            "退回",
            may.can_approve_project,
            "procurement.projects.operations.return_project",
            reason=True,
        ),
        Step(
            "reject",
            ("feasibility",),
            "rejected",
            "不予立项",
            may.can_approve_project,
            "procurement.projects.operations.reject_project",
            reason=True,
            weight="type",
        ),
        Step(
            "terminate",
            ("approved", "failed"),
            "terminated",
            "终止项目",
            may.can_approve_project,
            "procurement.projects.operations.terminate_project",
            reason=True,
            weight="type",
            consequence="终止后预留资金退回预算线。",
        ),
        Step("start_procuring", ("approved", "failed"), "procuring", "开始采购", by_news, listed=False),
        Step("fail", ("procuring",), "failed", "采购失败", by_news, listed=False),
        Step("contract", ("procuring",), "contracted", "签订合同", by_news, listed=False),
        Step("close", ("contracted",), "closed", "完成", by_news, listed=False),
        Step("reopen", ("closed",), "contracted", "退票重开", by_news, listed=False),
    ),
    line=(
        ("立项", ("draft", "feasibility")),
        ("批准", ("approved",)),
        ("采购", ("procuring",)),
        ("履约", ("contracted",)),
        ("完成", ("closed",)),
    ),
)

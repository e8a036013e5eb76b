"""A contract text (合同文本): drafted, published by the leadership, superseded by a later version."""

from core.actor import by_clock
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import texts as may

CONTRACT_TEXT = Lifecycle(
    name="procurement.contract_text",
    label="合同文本",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="an officer opens it, copying the last version or the starting text"),
        "published": Status("使用中", "done", note="the leadership publishes it; new contracts begin with it"),
        "superseded": Status("已被替代", end=True, note="a later version was published; contracts keep the clauses they copied"),
    },
    steps=(
        Step(
            "edit", ("draft",), "", "修改条款", may.can_draft_text,
            "procurement.texts.operations.edit_text", "procurement.texts.forms.ClausesForm", weight="none",
        ),
        Step(
            "publish", ("draft",), "published", "发布合同文本", may.can_publish_text,
            "procurement.texts.operations.publish_text", primary=True,
            consequence="发布后条款不再改动，同类的上一版同时停用；已经起草的合同不受影响。",
        ),
        Step("supersede", ("published",), "superseded", "被替代", by_clock, listed=False),
    ),
    line=(("起草", ("draft",)), ("使用", ("published",)), ("替代", ("superseded",))),
)

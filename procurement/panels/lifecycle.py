"""A review panel (评审组): formed by a draw that can be repeated, seated when every member has declared."""

from core.actor import Actor
from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import panels as may


def by_news(actor: Actor, panel: object) -> bool:
    """Steps that follow the review or the order."""
    return actor.is_authenticated


PANEL = Lifecycle(
    name="procurement.panel",
    label="评审组",
    initial="forming",
    statuses={
        "forming": Status("待抽取", "wait", note="the bids were opened"),
        "declaring": Status("待声明", "wait", note="the experts were drawn; each declares conflicts"),
        "scoring": Status("评审中", "go", note="every seated expert has declared, the checks are done"),
        "consolidated": Status("已汇总", "done", end=True, note="all sheets are in and were consolidated"),
        "dissolved": Status("已解散", end=True, note="the order failed or was cancelled"),
    },
    steps=(
        Step(
            "draw", ("forming",), "declaring", "抽取专家", may.can_form_panel,
            "procurement.panels.operations.draw_experts", "procurement.panels.forms.DrawForm",
            consequence="按事先登记摘要的随机种子抽取，抽取后公布种子，任何人都可以复算。", primary=True,
        ),
        Step(
            "redraw", ("declaring", "scoring"), "", "递补专家", may.can_form_panel,
            "procurement.panels.operations.redraw_experts", consequence="按同一份抽取顺序依次递补回避专家的席位。",
        ),
        Step(
            "declare", ("declaring", "scoring"), "", "声明回避情况", may.can_sit,
            "procurement.panels.operations.declare_conflict", "procurement.panels.forms.DeclareForm", weight="none",
            consequence="有利害关系的，声明后即不能查看和评分。", primary=True,
        ),
        Step("seat", ("declaring",), "scoring", "开始评审", by_news, listed=False),
        Step("consolidate", ("scoring",), "consolidated", "汇总", by_news, listed=False),
        Step("dissolve", ("forming", "declaring", "scoring"), "dissolved", "解散", by_news, listed=False),
    ),
    line=(("抽取", ("forming",)), ("声明", ("declaring",)), ("评审", ("scoring",)), ("汇总", ("consolidated",))),
)

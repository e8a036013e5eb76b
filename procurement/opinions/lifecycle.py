"""A questionnaire (问卷): open between two days, then closed; what was answered stays."""

from core.lifecycle import Lifecycle, Status, Step
from procurement.permissions import opinions as may

SURVEY = Lifecycle(
    name="procurement.survey",
    label="满意度问卷",
    initial="open",
    statuses={
        "open": Status("收集中", "go", note="the buyer opens it for a contract; it takes answers between its days"),
        "closed": Status("已结束", "done", end=True, note="the buyer closes it; its figures stand"),
    },
    steps=(
        Step(
            "close", ("open",), "closed", "结束收集", may.can_close_survey,
            "procurement.opinions.operations.close_survey", consequence="结束后不能再填，结果固定下来。",
        ),
    ),
    line=(("收集", ("open",)), ("结束", ("closed",))),
)

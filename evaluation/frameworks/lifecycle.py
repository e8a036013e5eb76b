"""A framework of indicators (指标体系版本): drafted, published, superseded."""

from core.actor import by_clock
from core.lifecycle import Lifecycle, Status, Step
from evaluation import permissions as may

FRAMEWORK = Lifecycle(
    name="evaluation.framework",
    label="指标体系",
    initial="draft",
    statuses={
        "draft": Status("草稿", public=False, note="a programme officer opens it, copying the last version or the first 100 points"),
        "published": Status("已发布", "done", note="the leadership publishes it"),
        "superseded": Status("已被替代", end=True, note="a later version was published; its assessments keep it"),
    },
    steps=(
        Step(
            "weigh", ("draft",), "", "调整权重", may.can_draft_framework,
            "evaluation.frameworks.operations.weigh_indicators", "evaluation.frameworks.forms.WeightsForm", weight="none",
        ),
        Step(
            "add_indicator", ("draft",), "", "增加指标", may.can_draft_framework,
            "evaluation.frameworks.operations.add_indicator", "evaluation.frameworks.forms.IndicatorForm", weight="none",
        ),
        Step(
            "publish", ("draft",), "published", "发布指标体系", may.can_publish_framework,
            "evaluation.frameworks.operations.publish_framework", primary=True,
            consequence="发布后权重和公式不再改动，同类的上一版同时停用；已经开始的评价仍按原来的版本。",
        ),
        Step("supersede", ("published",), "superseded", "被替代", by_clock, listed=False),
    ),
    line=(("起草", ("draft",)), ("发布", ("published",)), ("替代", ("superseded",))),
)

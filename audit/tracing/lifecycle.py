"""A sample (抽样): drawn once from a seed, judged voucher by voucher, concluded."""

from audit.permissions import tracing as may
from core.lifecycle import Lifecycle, Status, Step

OPERATIONS = "audit.tracing.operations"
FORMS = "audit.tracing.forms"

SAMPLE = Lifecycle(
    name="audit.sample",
    label="抽样",
    initial="drawn",
    statuses={
        "drawn": Status("核对中", "go", note="an auditor draws it from what is on the screen"),
        "concluded": Status("已完成", "done", end=True, note="an auditor concludes it when every voucher was looked at"),
    },
    steps=(
        Step("judge", ("drawn",), "", "核对凭证", may.can_work_on_sample, weight="none", listed=False),
        Step(
            "feed", ("drawn", "concluded"), "", "列入专项审计", may.can_work_on_sample,
            f"{OPERATIONS}.feed_sample", f"{FORMS}.FeedForm",
            consequence="样本中属于该合同的凭证逐笔成为审计事项，由审计组编制底稿。",
        ),
        Step(
            "conclude", ("drawn",), "concluded", "完成抽样", may.can_work_on_sample,
            f"{OPERATIONS}.conclude_sample", f"{FORMS}.ConcludeForm", primary=True,
            consequence="每一笔都核对过才能完成；完成后不再修改。",
        ),
    ),
    line=(("核对", ("drawn",)), ("完成", ("concluded",))),
)

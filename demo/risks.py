"""The moves of the risk watch (风险预警): a scan over everything, one flag looked into and concluded, one taken up."""

from __future__ import annotations

from audit.risks.models import RiskFlag
from audit.risks.operations import conclude_flag, scan_now, take_flag
from audit.risks.queries import visible_flags
from core.errors import NotAllowed
from core.separation import DutyRecord
from demo.moves import Stage


def risks_scanned(stage: Stage) -> list[RiskFlag]:
    """The night's scan; the funds reviewer concludes the first and takes up the second of those that are not the own case."""
    with stage.on(-2, 4):
        scan_now()
    reviewer = stage.actor("auditor")
    own = (
        DutyRecord.objects.filter(person_key=reviewer.user_key).exclude(duty="audit").values_list("case_key", flat=True)
    )
    free = list(visible_flags(reviewer).filter(status="open").exclude(case__in=list(own)).order_by("rule", "pk")[:2])
    with stage.on(-1, 10):
        for n, flag in enumerate(free):
            try:
                take_flag(flag, actor=reviewer)
            except NotAllowed:
                continue
            if n == 0:
                conclude_flag(
                    flag, actor=reviewer, result="unfounded",
                    conclusion="逐项核对了平台记录和原始材料，向经办人问清了原因，没有违反规定。",
                )  # fmt: skip
    return free

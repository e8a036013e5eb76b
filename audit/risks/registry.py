"""All rules (全部规则), by number."""

from audit.risks import bidding, buying, delivery
from audit.risks.shapes import LEAD, PROVEN, Rule

LEVELS = {PROVEN: "认定级", LEAD: "线索级"}
RULES: dict[str, Rule] = {
    rule.id: rule for rule in sorted((*bidding.RULES, *buying.RULES, *delivery.RULES), key=lambda rule: rule.id)
}
THRESHOLDS = sorted({key for rule in RULES.values() for key in (*rule.thresholds, "risk.fence.least")})

"""What the journal tells of columns (日志所述): a table of which fact of which verb a row's column must still say.

Only what an entry states word for word stands here. A column that no entry names is outside the proof; docs/threat-model.md
says which. Adding a line makes a column provable; the facts of entries that were written before stay as they are.
"""

from __future__ import annotations

from typing import Final

Source = tuple[str, str]
"""(verb, fact); fact "" means that this verb empties the column."""

TOLD: Final[dict[str, dict[str, tuple[Source, ...]]]] = {
    "procurement.budget_line": {
        "approved_amount": (("approve", "approved"), ("adjust", "after")),
        "original_amount": (("approve", "approved"),),
    },
    "procurement.project": {
        "planned_amount": (("create", "amount"), ("edit", "amount"), ("approve", "amount")),
        "number": (("approve", "number"),),
    },
    "procurement.order": {"number": (("publish", "number"),)},
    "procurement.bid": {
        "commitment": (("submit", "commitment"), ("replace", "")),
        "letter": (("open", "letter"),),
    },
    "procurement.award": {"amount": (("create", "amount"),)},
    "procurement.contract": {
        "amount": (("create", "amount"), ("amend", "amount")),
        "number": (("freeze", "number"),),
        "digest": (("print", "digest"), ("revise", "")),
    },
    "procurement.amendment": {"number": (("approve", "number"),)},
    "procurement.settlement": {
        "payable_amount": (("create", "payable"), ("confirm", "payable"), ("approve", "payable")),
        "accepted_value": (("create", "value"),),
        "number": (("approve", "number"),),
    },
    "procurement.payment": {
        "amount": (("create", "amount"), ("approve", "amount"), ("record", "amount")),
        "number": (("approve", "number"),),
        "voucher_number": (("record", "voucher"),),
        "paid_on": (("record", "paid_on"),),
        "late_interest": (("record", "late_interest"),),
    },
    "procurement.expense": {"amount": (("create", "amount"), ("edit", "amount"), ("accept", "amount"))},
    "procurement.final_account": {
        "final_amount": (("create", "final"), ("redraw", "final"), ("submit", "final"), ("approve", "final")),
    },
    "procurement.notice": {
        "number": (("publish", "number"),),
        "kind": (("publish", "kind"),),
        "digest": (("publish", "digest"),),
        "subject": (("publish", "about"),),
    },
}

DESTROYING: Final = frozenset({"destroy"})
"""Verbs whose documents, or digests under the fact `removed`, are from then on rightly gone (销毁)."""
REPORTING: Final = "report"
PUBLISHING: Final = "publish"
VERBS: Final = frozenset(verb for columns in TOLD.values() for sources in columns.values() for verb, _fact in sources)

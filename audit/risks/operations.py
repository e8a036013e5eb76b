"""Verbs of the risks (风险预警): all rules are run over everything; a flag is taken up, given back, concluded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from audit.permissions.risks import can_watch
from audit.risks.facts import facts
from audit.risks.models import RiskFlag, RiskScan
from audit.risks.registry import RULES
from audit.risks.shapes import PROVEN, Facts, Hit, Rule
from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Invalid, NotAllowed
from core.lifecycle import advance, begin, require
from core.messages import tell
from core.outbox import enqueue, on_topic
from core.separation import require_apart

TOPIC = "risk_scan"


@transaction.atomic
def request_scan(*, actor: Actor) -> RiskScan:
    """Ask for a run of all rules now (立即扫描); one that waits already is enough.

    raises  NotAllowed
    writes  the scan's row and its place in the outbox; a worker does it after the commit
    """
    if not can_watch(actor):
        raise NotAllowed(_("风险扫描由经审、纪检和财政办理。"))
    waiting = RiskScan.objects.filter(done_at__isnull=True).first()
    if waiting is not None:
        return waiting
    scan = RiskScan.objects.create(asked_by_name=actor.user_name)
    enqueue(TOPIC, {"scan": str(scan.pk)}, key=f"{TOPIC}:{scan.pk}")
    return scan


@on_topic(TOPIC)
def do_scan(payload: dict[str, Any]) -> None:
    """Do what was asked for, once."""
    scan = RiskScan.objects.filter(pk=payload["scan"], done_at__isnull=True).first()
    if scan is not None:
        run_scan(scan)


def scan_now() -> RiskScan:
    """The nightly run."""
    return run_scan(RiskScan.objects.create(asked_by_name=SYSTEM.user_name))


@transaction.atomic
def run_scan(scan: RiskScan) -> RiskScan:
    """Run every rule; what is new becomes a flag, what was known is seen again. Idempotent.

    writes  new flags with a journal entry each, seen_at of the known ones, the scan's figures; the buyers' reviewers and
            discipline officers are told how many are new
    source  R47; domain.md 6.3: a flag opens a verification task and punishes by itself nobody
    """
    read = facts()
    known = {(str(b), r, s): pk for pk, b, r, s in RiskFlag.objects.values_list("pk", "buyer_id", "rule", "subject")}
    seen: list[UUID] = []
    fresh: dict[tuple[str, str, str], RiskFlag] = {}
    found = 0
    for rule, hit in hits(read):
        found += 1
        place = (hit.about.buyer, rule.id, hit.about.subject)
        if place in known:
            seen.append(known[place])
        elif place not in fresh:
            fresh[place] = begin(_flag(rule, hit), actor=SYSTEM, facts={"rule": rule.id, "subject": hit.about.subject})
    for start in range(0, len(seen), 500):
        RiskFlag.objects.filter(pk__in=seen[start : start + 500]).update(seen_at=clock.now())
    _tell(scan, list(fresh.values()))
    scan.looked, scan.found, scan.fresh, scan.done_at = (
        len(read.calls) + len(read.deals),
        found,
        len(fresh),
        clock.now(),
    )
    scan.save(update_fields=["looked", "found", "fresh", "done_at"])
    return scan


def hits(read: Facts) -> Iterator[tuple[Rule, Hit]]:
    """What all rules find, each on what happened since its text is in force."""
    for rule in RULES.values():
        for hit in rule.find(read):
            if rule.holds_on(hit.about.day):
                yield rule, hit


def _flag(rule: Rule, hit: Hit) -> RiskFlag:
    return RiskFlag(
        rule=rule.id, level=rule.level, buyer_id=hit.about.buyer, region_path=hit.about.region_path,
        subject=hit.about.subject, label=hit.about.label[:160], case=hit.about.case, provider_key=hit.about.provider,
        statement=hit.statement[:600], evidence=dict(hit.evidence),
    )  # fmt: skip


def _tell(scan: RiskScan, fresh: list[RiskFlag]) -> None:
    """One message a buyer, with counts and no names."""
    for buyer in {flag.buyer_id for flag in fresh}:
        mine = [flag for flag in fresh if flag.buyer_id == buyer]
        people = [*people_with_role(buyer, "funds_reviewer"), *people_with_role(buyer, "discipline_officer")]
        tell(
            people,
            sentence=_("风险扫描新增 %(n)s 条待核查，其中认定级 %(proven)s 条。")
            % {"n": len(mine), "proven": sum(flag.level == PROVEN for flag in mine)},
            url="/w/risks/?status=open",
            kind="risk.found",
            key=f"risk.found:{scan.pk}:{buyer}",
        )


@transaction.atomic
def take_flag(flag: RiskFlag, *, actor: Actor) -> RiskFlag:
    """Take a flag up for checking (我来核查).

    raises  NotAllowed (a stranger, or who carried a duty in the case: nobody checks the own work) · NotNow · Conflict
    writes  status, who; one journal entry
    """
    require(flag, "take", actor)
    if flag.case:
        require_apart(flag.case, actor, "audit")
    return advance(flag, "take", actor=actor, taken_by_key=actor.user_key, taken_by_name=actor.user_name)


@transaction.atomic
def give_back_flag(flag: RiskFlag, *, actor: Actor, reason: str) -> RiskFlag:
    """Give it back (退回待核查), with the reason; another takes it."""
    return advance(flag, "give_back", actor=actor, reason=reason, taken_by_key="", taken_by_name="")


@transaction.atomic
def conclude_flag(flag: RiskFlag, *, actor: Actor, result: str, conclusion: str) -> RiskFlag:
    """Write what was found (写结论): it stands, it does not, or a special audit goes on with it.

    raises  NotAllowed (another took it) · NotNow · Invalid (no words, unknown result) · Conflict
    writes  status, result, conclusion; one journal entry
    source  domain.md 6.3: 核查任务以结论和理由办结
    """
    require(flag, "conclude", actor)
    if result not in dict(RiskFlag.RESULTS):
        raise Invalid(_("请选择结论。"), field="result")
    if not conclusion.strip():
        raise Invalid(_("请写明核查情况。"), field="conclusion")
    return advance(
        flag, "conclude", actor=actor, facts={"result": result}, result=result, conclusion=conclusion.strip(),
        concluded_at=clock.now(),
    )  # fmt: skip

"""One thing of each kind, and of each kind one that is not published yet: what the written tables of permissions are asked of."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts.organizations.models import Organization
from accounts.organizations.operations import propose_account
from audit.archive.operations import open_package
from audit.engagements.models import Engagement
from audit.risks.models import RiskFlag
from audit.tracing.operations import draw_sample
from audit.tracing.queries import traced_vouchers
from core import clock
from core.actor import SYSTEM
from core.lifecycle import advance, begin
from procurement.acceptances.operations import judge_acceptance
from procurement.amendments.operations import draft_amendment
from procurement.bids.models import Opening
from procurement.final_accounts.operations import draw_account
from procurement.inspections.operations import plan_inspection
from procurement.opinions.operations import open_survey
from procurement.panels.models import Panel
from procurement.payments.operations import request_payment
from procurement.projects.operations import terminate_project
from procurement.reviews.models import Review
from procurement.texts.operations import open_text
from tests.cast import Cast
from tests.journeys.accounts import registered_provider
from tests.journeys.activities import planned_activity, recorded_activity
from tests.journeys.audits import field_engagement, papered, started_engagement
from tests.journeys.awards import filed_challenge, proposed_award
from tests.journeys.bids import drafted_bid, sealed_bid
from tests.journeys.catalog import draft_edition, published_edition
from tests.journeys.contracts import drawn_contract, reported_milestone, signed_contract
from tests.journeys.evaluation import draft_framework, finished_contract, planned_assessment, published_framework
from tests.journeys.expenses import accepted_expense, entered_expense, submitted_expense
from tests.journeys.incentives import best_assessment, drafted_scheme, next_line, nominated_incentive, published_scheme
from tests.journeys.orders import drafted_order, published_order, submitted_order
from tests.journeys.pledges import drafted_pledge, entered_training
from tests.journeys.projects import approved_line, approved_project, drafted_project, requested_line
from tests.journeys.reviews import scoring_review
from tests.journeys.settlements import (
    approved_payment,
    approved_settlement,
    drawn_settlement,
    invoiced_settlement,
)

# Credit codes of the provider that has just registered in the first house and in the second.
NEWCOMERS = {60: "52530102MJT000001C", 70: "52530102MJT000002F"}


def world(cast: Cast, first: int) -> dict[str, Any]:
    """One thing of each kind, walked there by operations; "kind" or "kind state". first: the cases' numbers begin there."""
    buyer, officer = cast.org("buyer"), cast.actor("buyer")
    found: dict[str, Any] = {}
    published_edition(cast)
    published_framework(cast)
    found["organization registered"] = registered_provider(cast, uscc=NEWCOMERS[first])[0]
    found["organization"] = Organization.objects.get(pk=cast.org("provider1").pk)
    changing = found["organization changing"] = Organization.objects.get(pk=cast.org("provider1").pk)
    propose_account(changing, actor=cast.actor("provider1"), bank_name="新行", bank_account="6222000099990001")
    approved_line(cast, "9000000.00")
    found["edition"] = draft_edition(cast)
    found["pledge_text"], found["training"] = drafted_pledge(cast), entered_training(cast)
    found["budget_line"] = requested_line(cast, code="SQ-01")
    found["contract_text"] = open_text(buyer, actor=officer, kind="general", note="第二版")
    found["project"] = drafted_project(cast, title="草稿项目", quantity=10)
    found["order draft"] = drafted_order(cast, title="草稿订单", quantity=10)
    found["order"] = submitted_order(cast, title="待审订单", quantity=10)
    public = published_order(cast, title="征集中的订单", quantity=10)
    found["bid draft"] = drafted_bid(public, cast, "provider1", "15000.00")
    found["bid"] = sealed_bid(
        published_order(cast, title="第二个征集中的订单", quantity=10), cast, "provider1", "15000.00"
    )
    found["opening"] = Opening.objects.get(order=public)
    award = proposed_award(cast)
    found |= {
        "award": award,
        "panel": Panel.objects.get(lot=award.lot),
        "review done": Review.objects.get(lot=award.lot),
    }
    found["review"] = scoring_review(cast, title="评审中的订单")
    found["panel of the review"] = found["review"].lot.panel
    found["challenge"] = filed_challenge(cast, login="provider1", title="被质疑的订单")
    found["contract drawn"] = drawn_contract(cast, n=first)
    contract = found["contract"] = signed_contract(cast, n=first + 1)
    found["final_account"] = draw_account(buyer, actor=cast.actor("finance"), year=2026)
    found["final_account handed in"] = type(found["final_account"]).objects.get(pk=found["final_account"].pk)
    found["final_account handed in"].status = "reviewing"
    amendment = draft_amendment(
        contract,
        actor=officer,
        code="need",
        grounds="人数增加",
        quantities={1: contract.lines.get(n=1).quantity + 1},
    )
    found["amendment"] = amendment
    found["amendment in force"] = type(amendment).objects.get(pk=amendment.pk)
    found["amendment in force"].effective_at = clock.now()
    found["survey"] = open_survey(contract, actor=officer, closes_on=date(2026, 9, 30))
    found["activity planned"] = planned_activity(cast, contract)
    found["activity"] = recorded_activity(cast, contract)
    found["expense entered"] = entered_expense(cast, contract)
    found["expense"] = submitted_expense(cast, contract, "700.00")
    accepted_expense(cast, contract, "800.00")
    found["inspection"] = plan_inspection(
        contract, actor=officer, kind="site", planned_on=date(2026, 9, 20), topic="核对签到"
    )
    found["acceptance"] = reported_milestone(cast, signed_contract(cast, n=first + 2), 1)
    judged = reported_milestone(cast, signed_contract(cast, n=first + 3), 1)
    found["acceptance judged"] = judge_acceptance(
        judged,
        actor=officer,
        members=[cast.actor("procurer").user_key],
        quantities={row.line.n: row.claimed_quantity for row in judged.lines.select_related("line")},
        standards={1: True},
        opinion="资料齐全，数量属实。",
    )
    found["settlement"] = drawn_settlement(cast, signed_contract(cast, n=first + 4), 1)
    due = approved_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=first + 5), 1))
    found["payment"] = approved_payment(cast, due)
    asked = invoiced_settlement(
        cast, approved_settlement(cast, drawn_settlement(cast, signed_contract(cast, n=first + 8), 1))
    )
    found["payment requested"] = request_payment(asked, actor=cast.actor("finance"))
    found["framework"] = draft_framework(cast)
    found["assessment"] = planned_assessment(cast, finished_contract(cast, n=first + 6))
    found["incentive_scheme"] = drafted_scheme(cast, title="明年的办法", year=2027, line=next_line(cast))
    rewarded = best_assessment(cast, contract=finished_contract(cast, n=first + 7)).contract
    found["incentive"] = nominated_incentive(cast, published_scheme(cast), rewarded)
    auditor = cast.actor("auditor")
    vouchers = traced_vouchers(auditor).filter(status="accepted")
    found["sample"] = draw_sample(vouchers, actor=auditor, title="抽查", method="random", wanted=1)
    engagement = field_engagement(cast, contract)
    found["finding"] = papered(cast, engagement)
    found["engagement"] = Engagement.objects.select_related("contract", "buyer").get(pk=engagement.pk)
    found["engagement planned"] = started_engagement(cast, asked.contract)
    ended = terminate_project(
        approved_project(cast, title="终止的项目", quantity=10), actor=cast.actor("leader"), reason="需求消失"
    )
    package = found["archive_package"] = open_package(ended, actor=SYSTEM)
    # As if the archivist had arranged it and proposed its destruction: who may not check or confirm it shows by this.
    package.arranged_by_key = package.proposed_by_key = cast.actor("archivist").user_key
    package.save(update_fields=["arranged_by_key", "proposed_by_key"])
    flags = [
        begin(
            RiskFlag(
                buyer=contract.buyer, region_path=contract.region_path, rule=rule, level="proven",
                subject=contract.journal_key, label=contract.title, statement="付款系于审计。",
            ),
            actor=SYSTEM,
        )
        for rule in ("F41", "F42")
    ]  # fmt: skip
    found["risk_flag open"] = flags[0]
    found["risk_flag"] = advance(flags[1], "take", actor=auditor, taken_by_key=auditor.user_key, taken_by_name="核查人")
    return found

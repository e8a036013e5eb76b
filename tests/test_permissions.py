"""Who may do what and who may know of what, against tables that people wrote: docs/reference/permission-table.csv and others.

A verb, a kind of thing or an address without a row fails. The tables are written by hand, never drawn from the code;
RECORD=1 redraws only the page of the docs that prints them.
"""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.organizations.models import Organization
from accounts.organizations.operations import propose_account
from audit.archive.operations import open_package
from audit.engagements.models import Engagement
from audit.risks.models import RiskFlag
from audit.tracing.operations import draw_sample
from audit.tracing.queries import traced_vouchers
from core import clock
from core.actor import SYSTEM, Actor
from core.lifecycle import advance, begin
from core.management.drawn_pages import lifecycles
from core.rooms import room_of, rooms
from procurement.acceptances.operations import judge_acceptance
from procurement.amendments.operations import draft_amendment
from procurement.bids.models import Opening
from procurement.final_accounts.operations import draw_account
from procurement.inspections.operations import plan_inspection
from procurement.opinions.operations import open_survey
from procurement.panels.models import Panel
from procurement.projects.operations import terminate_project
from procurement.reviews.models import Review
from procurement.texts.operations import open_text
from tests.cast import PEOPLE, Cast
from tests.journeys.activities import recorded_activity
from tests.journeys.audits import field_engagement, papered
from tests.journeys.awards import filed_challenge, proposed_award
from tests.journeys.bids import drafted_bid, sealed_bid
from tests.journeys.catalog import draft_edition, published_edition
from tests.journeys.contracts import drawn_contract, reported_milestone, signed_contract
from tests.journeys.evaluation import draft_framework, finished_contract, planned_assessment, published_framework
from tests.journeys.expenses import accepted_expense, entered_expense, submitted_expense
from tests.journeys.incentives import best_assessment, drafted_scheme, next_line, nominated_incentive, published_scheme
from tests.journeys.mirror import mirrored
from tests.journeys.orders import published_order, submitted_order
from tests.journeys.projects import approved_line, approved_project, drafted_project, requested_line
from tests.journeys.reviews import scoring_review, seated_logins
from tests.journeys.settlements import approved_payment, approved_settlement, drawn_settlement

REFERENCE = Path(settings.BASE_DIR) / "docs" / "reference"
NOBODY = Actor(user_key="nobody", user_name="没有岗位的人")
# Verbs whose predicate asks for more than "whose thing": the thing in `world` on which they are asked.
ASKED_OF = {
    "organization.confirm_account": "organization changing",
    "organization.stop_account": "organization changing",
    "final_account.return": "final_account handed in",
    "contract.sign": "contract drawn",
    "amendment.file": "amendment in force",
    "acceptance.confirm": "acceptance judged",
    "acceptance.object": "acceptance judged",
}
# Whose experts `seated` names.
SEATS = {"panel": "panel", "review done": "panel", "review": "panel of the review"}
# Things of `world` that only verbs are asked of.
SPECIAL = {
    "organization changing",
    "amendment in force",
    "acceptance judged",
    "final_account handed in",
    "panel of the review",
}


GROUPS = {
    "inside": {login for login, (key, *_rest) in PEOPLE.items() if key == "buyer"},
    "all": set(PEOPLE),
}


def named(words: str, seated: set[str]) -> set[str]:
    """The log-ins that a cell names; `inside`: the buyer's people, `seated`: the experts of the panel, `all`."""
    groups = GROUPS | {"seated": seated}
    return set().union(*(groups.get(word, {word}) for word in words.split()))


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a written table."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def world(cast: Cast, first: int) -> dict[str, Any]:
    """One thing of each kind, walked there by operations; "kind" or "kind state". first: the cases' numbers begin there."""
    buyer, officer = cast.org("buyer"), cast.actor("buyer")
    found: dict[str, Any] = {}
    published_edition(cast)
    published_framework(cast)
    found["organization"] = Organization.objects.get(pk=cast.org("provider1").pk)
    changing = found["organization changing"] = Organization.objects.get(pk=cast.org("provider1").pk)
    propose_account(changing, actor=cast.actor("provider1"), bank_name="新行", bank_account="6222000099990001")
    approved_line(cast, "9000000.00")
    found["edition"] = draft_edition(cast)
    found["budget_line"] = requested_line(cast, code="SQ-01")
    found["contract_text"] = open_text(buyer, actor=officer, kind="general", note="第二版")
    found["project"] = drafted_project(cast, title="草稿项目", quantity=10)
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
    ended = terminate_project(
        approved_project(cast, title="终止的项目", quantity=10), actor=cast.actor("leader"), reason="需求消失"
    )
    package = found["archive_package"] = open_package(ended, actor=SYSTEM)
    # As if the archivist had arranged it and proposed its destruction: who may not check or confirm it shows by this.
    package.arranged_by_key = package.proposed_by_key = cast.actor("archivist").user_key
    flag = RiskFlag(
        buyer=contract.buyer, region_path=contract.region_path, rule="F42", level="proven", subject=contract.journal_key,
        label=contract.title, statement="付款系于审计。",
    )  # fmt: skip
    flag = begin(flag, actor=SYSTEM)
    found["risk_flag"] = advance(flag, "take", actor=auditor, taken_by_key=auditor.user_key, taken_by_name="核查人")
    return found


def test_every_verb_is_for_whom_the_table_says(cast: Cast) -> None:
    """Each verb x each of the cast, on the own house's thing and on the other's."""
    twin = mirrored(cast)
    own, other = world(cast, 60), world(twin, 70)
    told = {row["verb"]: row for row in rows_of("permission-table.csv")}
    steps = {
        f"{lifecycle.name.rpartition('.')[2]}.{step.verb}": step
        for lifecycle in lifecycles()
        for step in lifecycle.steps
    }
    assert sorted(told.keys() ^ steps.keys()) == []
    wrong = []
    for verb, step in steps.items():
        thing = ASKED_OF.get(verb, verb.partition(".")[0])
        for column, house in (("own", own), ("other", other)):
            # What somebody without any post may is nobody's deed: it follows from another one, or from the clock.
            follows = step.permission(NOBODY, house[thing])
            may = {login for login in PEOPLE if not follows and step.permission(cast.actor(login), house[thing])}
            expected = named(told[verb][column], set())
            if may != expected:
                wrong.append(
                    f"{verb} {column}: not in the table {sorted(may - expected)}, only there {sorted(expected - may)}"
                )
    wrong += unlike_the_visibility(cast, own, other)
    assert not wrong, "\n".join(wrong)
    wrong = unlike_the_addresses(cast, own)
    assert not wrong, "\n".join(wrong)


def unlike_the_visibility(cast: Cast, own: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where who may know of a thing differs from docs/reference/visibility-table.csv."""
    seated = {
        column: {name: set(seated_logins(house[thing], cast)) for name, thing in SEATS.items()}
        for column, house in (("own", own), ("other", other))
    }
    told = {row["thing"]: row for row in rows_of("visibility-table.csv")}
    things = {
        name: thing
        for name, thing in own.items()
        if type(thing) in {room.model for room in rooms()} and name not in SPECIAL
    }
    wrong = [f"no row for {name}" for name in sorted(told.keys() ^ things.keys())]
    for name in told.keys() & things.keys():
        for column, thing in (("own", own[name]), ("other", other[name])):
            room = room_of(thing)
            knows = {login for login in PEOPLE if room.visible(cast.actor(login)).filter(pk=thing.pk).exists()}
            expected = named(told[name][column], seated[column].get(name, set()))
            if knows != expected:
                wrong.append(
                    f"{name} {column}: knows {sorted(knows - expected)}, should know {sorted(expected - knows)}"
                )
    return wrong


def unlike_the_addresses(cast: Cast, own: dict[str, Any]) -> list[str]:
    """Pages and API of every room for everybody: lists open to whoever is logged in, an object to whom the table names."""
    wrong = []
    clients = {login: cast.client(login) for login in PEOPLE}
    told = {row["thing"]: row for row in rows_of("visibility-table.csv")}
    seated = {name: set(seated_logins(own[thing], cast)) for name, thing in SEATS.items()}
    for name in sorted(told):
        room, key = room_of(own[name]), own[name].pk
        knows = named(told[name]["own"], seated.get(name, set()))
        for address in (f"/w/{room.slug}/{key}/", f"/w/{room.slug}/{key}/history/", f"/api/v1/{room.slug}/{key}/"):
            for login, client in clients.items():
                status, expected = client.get(address).status_code, 200 if login in knows else 404
                if status != expected:
                    wrong.append(f"{name} {address.replace(str(key), '…')} {login}: {status}, should be {expected}")
            stranger = Client().get(address).status_code
            if stranger != (302 if address.startswith("/w/") else 403):
                wrong.append(f"{name} {address}: a stranger gets {stranger}")
    return wrong


def test_the_page_of_the_docs_prints_the_tables() -> None:
    """docs/reference/permission-table.md; RECORD=1 writes it anew."""
    page = REFERENCE / "permission-table.md"
    text = printed()
    if os.environ.get("RECORD"):
        page.write_text(text, "utf-8")
    assert page.read_text("utf-8") == text


def printed() -> str:
    """Both tables as one page: a row a verb, a column a part."""
    lines = [
        "# Who may do what: the written table (权限对照表)",
        "",
        "Written by hand from the regulations and the duties of each post, in `permission-table.csv` and `visibility-table.csv`;",
        "`tests/test_permissions.py` holds the code to it: each verb and each person of the cast, on a thing of the own house and",
        "on one of another buyer, street, provider and evaluator; pages and API of each kind for everybody. A new verb without a",
        "row fails. What the code itself says is on [the drawn page](permissions.md); who the log-ins are in the README.",
        "",
        "`inside`: all of the buyer's people; `seated`: the experts of that panel; – : nobody, it follows from another deed or the clock.",
        "",
        "## Verbs",
        "",
        "| verb | for the own house's | for another house's | because |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{row['verb']}` | {row['own'] or '–'} | {row['other'] or '–'} | {row['because']} |"
        for row in rows_of("permission-table.csv")
    ]
    lines += ["", "## Who knows of a thing", "", "Everybody else is told that it does not exist (404).", ""]
    lines += ["| thing | of the own house | of another house | because |", "|---|---|---|---|"]
    lines += [
        f"| {row['thing']} | {row['own']} | {row['other'] or '–'} | {row['because']} |"
        for row in rows_of("visibility-table.csv")
    ]
    return "\n".join(lines) + "\n"

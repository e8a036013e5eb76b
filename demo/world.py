"""The whole world, built once into an empty database; dates are relative to today, the clock travels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core import clock, outbox
from core.reports import request_report
from demo import archives, audits, basis, cases, closing, incentives, pledges, risks, story
from demo.moves import Stage
from demo.people import World, settle
from procurement.rules.seed import seed_rules

CHAPTERS: tuple[tuple[str, Callable[[Stage], Any]], ...] = (
    ("服务目录", basis.catalogues),
    ("预算", basis.budgets),
    ("王家桥困境儿童服务：已结清", cases.children_settled),
    ("“益厨”：履约中", cases.kitchen_delivering),
    ("社区青年文化节：已终止", cases.festival_terminated),
    ("王家桥困境儿童服务：归档移交", archives.finished_project_archived),
    ("社区青年文化节：收集档案", archives.terminated_project_collecting),
    ("职工技能提升夜校：流标", story.failed_for_two),
    ("妇女儿童维权进社区：质疑中", story.challenged_award),
    ("留守儿童课业陪伴：评审中", story.in_review),
    ("新就业形态青年心理支持：征集中", story.open_for_bids),
    ("另外两个征集中的订单", story.more_calls),
    ("高校青年志愿者进社区：待开启", story.to_be_opened),
    ("今天的待办", story.desks_full),
    ("王家桥困境儿童服务：奖励性补助公示中", incentives.best_project_rewarded),
    ("王家桥困境儿童服务：专项审计", audits.finished_project_audited),
    ("王家桥困境儿童服务：抽查凭证", audits.vouchers_sampled),
    ("廉洁承诺与廉政教育", pledges.pledges_signed),
    ("风险扫描", risks.risks_scanned),
    ("今年的决算：编好，待年度终了", closing.account_drawn),
)


def build(say: Callable[[str], None] = lambda line: None) -> World:
    """Play the story from its first day to today.

    say     is told each chapter as it begins
    writes  everything, through the operations; the reports are made at the end, as a worker would
    """
    stage = Stage(World(), clock.today())
    with stage.on(-300, 8) as first:
        say("单位与人员")
        seed_rules()
        settle(stage.world, first)
    for title, play in CHAPTERS:
        say(title)
        stage.world.facts[play.__name__] = play(stage)
    contract = stage.world.facts["children_settled"]
    final = contract.settlements.get(kind="final")
    with stage.on(-7, 9):
        for form in ("pdf", "xlsx"):
            request_report("procurement.settlement", final, actor=stage.actor("finance"), format=form)
        outbox.relay()
    return stage.world

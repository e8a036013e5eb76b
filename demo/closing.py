"""The year's end (年度决算): the account drawn from the ledger, its variances explained; it waits for the year to end."""

from __future__ import annotations

from accounts.organizations.models import Organization
from core import clock
from demo.moves import LEAGUE, Stage
from procurement.final_accounts.models import FinalAccount
from procurement.final_accounts.operations import draw_account, explain_account
from procurement.final_accounts.queries import unexplained


def account_drawn(stage: Stage) -> FinalAccount:
    """This year's account as far as it has come; finance has explained every variance and hands it in when the year is over."""
    finance = stage.actor(LEAGUE.finance)
    with stage.on(-1, 16):
        buyer = Organization.objects.select_related("region").get(pk=finance.organization_id or "")
        account = draw_account(buyer, actor=finance, year=clock.today().year)
        notes = {row.n: "项目跨年，按付款节点结转下年支付" for row in unexplained(account)}
        return explain_account(account, actor=finance, notes=notes)

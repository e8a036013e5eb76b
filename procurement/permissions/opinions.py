"""Who may do what with questionnaires (满意度问卷)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.actor import Actor

if TYPE_CHECKING:
    from procurement.contracts.models import Contract
    from procurement.opinions.models import Survey


def can_open_survey(actor: Actor, contract: Contract) -> bool:
    """The buyer's programme officer; never the provider, about whom it asks."""
    return actor.works_for(contract.buyer_id, "programme_officer")


def can_close_survey(actor: Actor, survey: Survey) -> bool:
    """The same officers."""
    return actor.works_for(survey.buyer_id, "programme_officer")


def can_show_code(actor: Actor, survey: Survey) -> bool:
    """Who hangs up the code: the buyer's officers and the officer of the street."""
    return can_close_survey(actor, survey) or (
        actor.has("region_officer") and bool(actor.region_path) and survey.region_path.startswith(actor.region_path)
    )


def can_read_words(actor: Actor, survey: Survey) -> bool:
    """What people wrote in their own words: the buyer's officers alone."""
    return can_close_survey(actor, survey)

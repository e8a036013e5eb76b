"""Verbs of the contract text (合同文本): open a new version, edit its clauses, publish it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.memberships.queries import people_with_role
from accounts.organizations.models import Organization
from core import clock
from core.actor import SYSTEM, Actor
from core.errors import Conflict, Invalid, NotAllowed
from core.lifecycle import advance, begin, require
from core.messages import tell
from procurement.texts.models import ContractText
from procurement.texts.queries import starting_clauses
from procurement.texts.starting_list import BY_KIND

MOST = 40


@transaction.atomic
def open_text(buyer: Organization, *, actor: Actor, kind: str, note: str = "") -> ContractText:
    """Open a new version of a buyer's text (新版合同文本) as a draft, beginning with the one in use or the starting text.

    raises  NotAllowed · Invalid (no such kind) · Conflict (a draft of this kind is open already)
    writes  the text; one journal entry "create"
    """
    if not actor.works_for(buyer.pk, "programme_officer", "procurement_officer"):
        raise NotAllowed(_("合同文本由本单位业务或采购经办起草。"))
    if kind not in BY_KIND:
        raise Invalid(_("请选择合同文本的种类。"), field="kind")
    texts = ContractText.objects.filter(buyer=buyer, kind=kind)
    last = texts.filter(status="published").first()
    try:
        with transaction.atomic():
            return begin(
                ContractText(
                    buyer=buyer,
                    region_path=buyer.region.path,
                    kind=kind,
                    edition=(texts.aggregate(last=Max("edition"))["last"] or 0) + 1,
                    clauses=last.clauses if last else starting_clauses(kind),
                    note=note.strip(),
                    drafted_by_key=actor.user_key,
                    drafted_by_name=actor.user_name,
                ),
                actor=actor,
                facts={"kind": kind, "from": last.journal_key if last else "starting list"},
            )
    except IntegrityError:
        raise Conflict(_("这一类合同文本已有一版草稿，请先办完它。")) from None


@transaction.atomic
def edit_text(
    text: ContractText, *, actor: Actor, clauses: Sequence[Mapping[str, str]], note: str = ""
) -> ContractText:
    """Write down the clauses of a draft (修改条款); the list given replaces the one that was.

    clauses  {"heading", "text"} each, in the order of the contract
    raises   NotAllowed · NotNow · Conflict · Invalid (no clause, one without heading or text, a heading twice, too many)
    writes   the row; one journal entry with the headings
    """
    require(text, "edit", actor)
    rows = [{"heading": str(each["heading"]).strip(), "text": str(each["text"]).strip()} for each in clauses]
    if not 0 < len(rows) <= MOST:
        raise Invalid(_("合同文本有 1 到 %(most)s 条。") % {"most": MOST})
    if any(not row["heading"] or not row["text"] for row in rows):
        raise Invalid(_("每一条都要有标题和内容。"))
    if len({row["heading"] for row in rows}) < len(rows):
        raise Invalid(_("有两条的标题相同，请合并或改名。"))
    headings = [row["heading"] for row in rows]
    return advance(text, "edit", actor=actor, facts={"headings": headings}, clauses=rows, note=note.strip())


@transaction.atomic
def publish_text(text: ContractText, *, actor: Actor) -> ContractText:
    """Publish a draft (发布合同文本): frozen from now on; the version in use of its kind is superseded.

    raises  NotAllowed (not the leadership, or the drafter) · NotNow · Conflict
    writes  status and published_at; the former version's status; a journal entry each; the officers are told
    """
    require(text, "publish", actor)
    former = ContractText.objects.filter(buyer_id=text.buyer_id, kind=text.kind, status="published").first()
    if former is not None:
        advance(former, "supersede", actor=SYSTEM, facts={"by": text.journal_key})
    advance(
        text, "publish", actor=actor, facts={"edition": text.edition, "clauses": len(text.clauses)},
        published_at=clock.now(), published_by_name=actor.user_name,
    )  # fmt: skip
    tell(
        people_with_role(text.buyer_id, "programme_officer", "procurement_officer"),
        sentence=_("合同文本已发布，新起草的合同随即使用：%(title)s") % {"title": str(text)},
        url=text.get_absolute_url(),
        kind="contract_text.published",
        key=f"contract_text.published:{text.pk}",
    )
    return text

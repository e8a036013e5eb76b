"""Publishing a notice (发布公告): the text is frozen with its digest and its OCDS release."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.organizations.models import Organization
from core import clock, journal
from core.actor import Actor
from core.aggregates import Journaled
from core.documents import Document
from core.errors import Conflict, Invalid
from core.identifiers import next_number, next_position
from procurement.notices import ocds
from procurement.notices.models import Notice

# OCDS 1.1 release tags by kind of notice, "" for what concerns no single contracting process and so has no release.
# Source: Open Contracting Data Standard 1.1, releaseTag codelist.
TAGS: dict[str, str] = {
    "tender": "tender",
    "amendment": "tenderAmendment",
    "failure": "tenderUpdate",
    "cancellation": "tenderCancellation",
    "award": "award",
    "award_change": "awardUpdate",
    "contract": "contract",
    "contract_change": "contractAmendment",
    "contract_end": "contractTermination",
    "acceptance": "implementation",
    "overdue": "",
    "final_account": "",
    "incentive": "",
    "incentive_paid": "",
    "incentive_void": "",
}


# The sequence that the open feed follows.
POSITIONS = "notices"


@transaction.atomic
def publish_notice(
    *,
    kind: str,
    title: str,
    body: str,
    facts: Sequence[Mapping[str, Any]] | Mapping[str, Any] = (),
    subject: Journaled | str,
    case: str,
    ocid: str,
    buyer: Organization,
    region_path: str,
    actor: Actor,
    ends_at: datetime | None = None,
    release: Mapping[str, Any] | None = None,
    replaces: Notice | None = None,
    document: Document | None = None,
) -> Notice:
    """Publish a notice: from now on its text never changes; a correction is a new notice that replaces it.

    kind      one of Notice.KINDS;  body: plain text, paragraphs divided by line breaks
    facts     the table beside the text: [{"label": …, "value": …}] or {label: value}
    subject   what it is about, or its journal key;  case: the project's key;  ends_at: aware, end of publicity
    release   parts of the OCDS release that the room knows (tender, awards, contracts …); merged over the frame
    replaces  the notice it corrects
    returns   the notice, numbered 五青公〔2026〕1号
    raises    Invalid (unknown kind, empty text) · Conflict (the notice was replaced already)
    writes    the row, one journal entry "publish" with the digest; the number is taken in this transaction
    source    house.md 4b.15; 政府采购信息发布管理办法（财政部令第101号）
    """
    if kind not in TAGS:
        raise Invalid(_("没有「%(kind)s」这一类公告。") % {"kind": kind})
    if not title.strip() or not body.strip():
        raise Invalid(_("公告要有标题和正文。"))
    if replaces is not None and Notice.objects.filter(replaces=replaces).exists():
        raise Conflict(_("这份公告已被更正过，请更正最新的一份。"), current=replaces)
    number = next_number(buyer.number_prefix or buyer.short_name or buyer.name[:4], "公")
    moment = clock.now()
    table = (
        [{"label": k, "value": v} for k, v in facts.items()] if isinstance(facts, Mapping) else [dict(f) for f in facts]
    )
    table = json.loads(json.dumps(table, ensure_ascii=False, default=str))
    notice = Notice(
        number=number,
        position=next_position(POSITIONS),
        kind=kind,
        title=title,
        body=body,
        facts=table,
        buyer=buyer,
        region_path=region_path,
        subject=subject if isinstance(subject, str) else subject.journal_key,
        case=case,
        ocid=ocid,
        published_at=moment,
        ends_at=ends_at,
        replaces=replaces,
        document=document,
    )
    notice.digest = notice.frozen_digest
    if TAGS[kind]:
        notice.release = _merged(_frame(notice), json.loads(json.dumps(release or {}, ensure_ascii=False, default=str)))
    notice.save(force_insert=True)
    named: dict[str, Any] = {"number": number, "kind": kind, "digest": notice.digest, "about": notice.subject}
    if replaces is not None:
        named["replaces"] = replaces.number
    if notice.release:
        named["release"] = notice.release_digest
    journal.record(notice, "publish", actor=actor, facts=named, documents=[document] if document else ())
    return notice


def _frame(notice: Notice) -> dict[str, Any]:
    """The least that a valid OCDS 1.1 release has."""
    return {
        "ocid": notice.ocid,
        "id": f"{notice.ocid}-{notice.pk.hex[:12]}",
        "date": ocds.moment(notice.published_at),
        "tag": [TAGS[notice.kind]],
        "initiationType": "tender",
        "language": "zh",
        "parties": [ocds.party(notice.buyer, "buyer", "procuringEntity")],
        "buyer": ocds.reference(notice.buyer),
    }


def _merged(frame: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The room's parts over the frame: objects key by key, parties added, everything else replaced."""
    merged = dict(frame)
    for key, value in own.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        elif key == "parties":
            known = {party["id"] for party in value}
            merged[key] = [*value, *(party for party in merged[key] if party["id"] not in known)]
        else:
            merged[key] = value
    return merged

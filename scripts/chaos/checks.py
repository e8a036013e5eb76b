"""What must hold after the campaign, asked of the database and the files. Prints findings as JSON.

usage: python -m scripts.chaos.checks FACTS LOG     with the environment of the platform
"""

import json
import os
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import django

# Each kind of deed leaves exactly one entry in the journal of a thing of this kind, by this verb.
ENTRIES = {
    "立项": ("create", "procurement.project"),
    "登记支出": ("create", "procurement.expense"),
    "提交支出": ("submit", "procurement.expense"),
    "认可支出": ("accept", "procurement.expense"),
    "开始申报": ("create", "procurement.bid"),
    "递交申报": ("submit", "procurement.bid"),
    "替换申报": ("replace", "procurement.bid"),
}
DRAFT = "自动保存"
REPORT = "生成报告"


def check(facts: dict[str, Any], deeds: list[dict[str, Any]]) -> dict[str, Any]:
    """Compare what callers were told with what is there. returns  counts and sentences, one a finding"""
    told: dict[str, Any] = {"lost": 0, "doubled": 0, "broken": 0, "findings": []}
    keyed = _keys(deeds, told)
    _entries(facts, deeds, keyed, told)
    _money(facts, told)
    _drafts(deeds, told)
    _reports(facts, deeds, keyed, told)
    _outbox(told)
    _files(facts, told)
    _chains(told)
    _database(told)
    return told


def _keys(deeds: list[dict[str, Any]], told: dict[str, Any]) -> set[str]:
    """An acknowledged request has its key beside its deed, and a refused one has none."""
    from core.idempotency import IdempotencyKey

    kept = Counter(IdempotencyKey.objects.values_list("key", flat=True))
    for deed in deeds:
        here = kept[deed["key"]]
        # Autosave has the draft's version instead of a key.
        if deed["ended"] == "acknowledged" and here == 0 and deed["what"] != DRAFT:
            told["lost"] += 1
            told["findings"].append(
                f"确认过的「{deed['what']}」不见了：{deed['who']} {deed['path']} {deed['said'][:120]}"
            )
        if deed["ended"] == "refused":
            word = "却已经写入" if here else ""
            told["findings"].append(
                f"「{deed['what']}」被拒绝（{deed['status']}）{word}：第 {deed['tries']} 次，"
                f"此前 {deed['faults']}；{deed['said'][-300:]}"
            )
    return set(kept)


def _entries(facts: dict[str, Any], deeds: list[dict[str, Any]], keyed: set[str], told: dict[str, Any]) -> None:
    """Each kept key stands for exactly one entry of the journal by its person: none missing, none twice."""
    from accounts.users.models import User
    from audit.journal.models import JournalEntry

    people = {login: str(pk) for pk, login in User.objects.values_list("pk", "username")}
    wanted = Counter((deed["who"], deed["what"]) for deed in deeds if deed["what"] in ENTRIES and deed["key"] in keyed)
    for who in {deed["who"] for deed in deeds}:
        for what, (verb, thing) in ENTRIES.items():
            rows = JournalEntry.objects.filter(
                actor_key=people[who], verb=verb, object_key__startswith=f"{thing}:", at__gte=facts["begun"]
            )
            difference = rows.count() - wanted[(who, what)]
            told["lost"] += max(0, -difference)
            told["doubled"] += max(0, difference)
            if difference:
                told["findings"].append(f"「{what}」{who}：日志 {rows.count()} 条，键 {wanted[(who, what)]} 个")


def _money(facts: dict[str, Any], told: dict[str, Any]) -> None:
    """The expenses that are accepted are those that the journal tells accepted, each of its invoice once."""
    from django.db.models import Count

    from audit.journal.models import JournalEntry
    from procurement.expenses.models import Expense

    rows = Expense.objects.filter(payee__startswith="演练商店")
    entries = JournalEntry.objects.filter(at__gte=facts["begun"], object_key__startswith="procurement.expense:")
    accepted = Expense.objects.filter(status="accepted", judged_at__gte=facts["begun"]).count()
    if accepted != entries.filter(verb="accept").count():
        told["findings"].append("认可的支出与日志不符")
    twice = rows.values("invoice_number").annotate(n=Count("pk")).filter(n__gt=1).count()
    told["doubled"] += twice
    if twice:
        told["findings"].append(f"{twice} 张发票登记了两次")
    without = rows.filter(files__isnull=True).count()
    told["lost"] += without
    if without:
        told["findings"].append(f"{without} 笔支出没有凭证")


def _drafts(deeds: list[dict[str, Any]], told: dict[str, Any]) -> None:
    """The text of a bid is what was acknowledged last, or what was sent after that."""
    from core.drafts import load_draft
    from procurement.bids.models import Bid
    from procurement.bids.operations import draft_key, unsealed

    saves = [deed for deed in deeds if deed["what"] == DRAFT and deed["extra"]["part"] == "plan"]
    for key in {deed["extra"]["bid"] for deed in saves}:
        mine = [deed for deed in saves if deed["extra"]["bid"] == key]
        sure = max((deed["extra"]["n"] for deed in mine if deed["ended"] == "acknowledged"), default=0)
        sent = max(deed["extra"]["n"] for deed in mine)
        bid = Bid.objects.get(pk=key)
        saved = load_draft(str(bid.organization_id), draft_key(bid))
        content = saved.content if saved and bid.envelope is None else unsealed(bid)[1]
        found = re.search(r"第 (\d+) 稿", content["plan"].get("approach", ""))
        n = int(found[1]) if found else 0
        if not sure <= n <= sent:
            told["lost"] += 1
            told["findings"].append(f"申报草稿停在第 {n} 稿，确认过第 {sure} 稿")


def _reports(facts: dict[str, Any], deeds: list[dict[str, Any]], keyed: set[str], told: dict[str, Any]) -> None:
    """Every report that was asked has one finished file, one entry in the journal, one message."""
    from audit.journal.models import JournalEntry
    from core.documents import Document, read
    from core.messages import Message
    from core.reports import ReportJob

    jobs = list(ReportJob.objects.filter(asked_at__gte=facts["begun"]).select_related("document"))
    asked = sum(deed["what"] == REPORT and deed["key"] in keyed for deed in deeds)
    told["lost"] += max(0, asked - len(jobs))
    told["doubled"] += max(0, len(jobs) - asked)
    if len(jobs) != asked:
        told["findings"].append(f"要了 {asked} 份报告，任务 {len(jobs)} 个")
    entries = [
        json.loads(bytes(body))["facts"].get("job")
        for body in JournalEntry.objects.filter(at__gte=facts["begun"], verb="report").values_list("body", flat=True)
    ]
    for job in jobs:
        told["attempts"] = told.get("attempts", 0) + job.attempts
        if job.state != ReportJob.DONE or job.document is None:
            told["lost"] += 1
            told["findings"].append(f"报告没有做成：{job.state} {job.error}")
            continue
        if not read(job.document).startswith((b"%PDF-", b"PK")):
            told["findings"].append("报告文件不是报告")
        messages = Message.objects.filter(key__startswith=f"report:{job.pk}").count()
        if (messages, entries.count(str(job.pk))) != (1, 1):
            told["doubled"] += 1
            told["findings"].append(f"一份报告 {messages} 条通知、{entries.count(str(job.pk))} 条日志")
    made = Document.objects.filter(purpose="report", created_at__gte=facts["begun"]).count()
    finished = sum(job.document is not None for job in jobs)
    if made != finished:
        told["doubled"] += abs(made - finished)
        told["findings"].append(f"报告文件 {made} 个，做成的任务 {finished} 个")
    told["reports"] = finished


def _outbox(told: dict[str, Any]) -> None:
    """Nothing waits, nothing was given up."""
    from core.outbox import OutboxItem

    rest = OutboxItem.objects.filter(done_at__isnull=True)
    told["waiting"] = rest.count()
    told["findings"] += [f"发件箱没有办完：{item.topic}，试过 {item.tries} 次，{item.error}" for item in rest[:20]]


def _files(facts: dict[str, Any], told: dict[str, Any]) -> None:
    """Every file that a row names is there, with its digest."""
    from core.documents import Damaged, Document, read_stored

    for document in Document.objects.filter(created_at__gte=facts["begun"]).iterator():
        told["files"] = told.get("files", 0) + 1
        try:
            read_stored(document)
        except Damaged as damage:
            told["lost"] += 1
            told["findings"].append(str(damage))


def _chains(told: dict[str, Any]) -> None:
    """What manage.py verify_journal says."""
    from audit.journal.verification import verify

    told["entries"], findings = verify()
    told["broken"] = len(findings)
    told["findings"] += [str(finding) for finding in findings[:20]]


def _database(told: dict[str, Any]) -> None:
    """What the database says of itself, where it can be asked."""
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            said = [row[0] for row in cursor.fetchall()]
            cursor.execute("PRAGMA foreign_key_check")
            dangling = cursor.fetchall()
        if said != ["ok"] or dangling:
            told["findings"].append(f"SQLite：{said[:3]} {dangling[:3]}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    done = [json.loads(line) for line in Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()]
    sys.stdout.write(json.dumps(check(given, done), ensure_ascii=False))

"""What a bid contains (申报内容), as typed and as sealed: pure arithmetic on plain values, no database.

As typed: {"contact": {…}, "plan": {…}, "team": [{…}], "lines": [{…}], "pledges": {…}, "files": [{…}]}, every value text.
As sealed: the same with amounts reckoned, in canonical JSON, with a random salt inside the envelope.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.money import ZERO, exact, yuan
from core.sealing import canonical_json

COST_CLASSES: Final = {"activity": "业务活动费", "staff": "项目人员补贴", "management": "管理费用", "tax": "税费"}
PARTS: Final = {
    "contact": "单位与联系人",
    "plan": "服务方案",
    "team": "项目团队",
    "lines": "报价明细",
    "files": "资格材料",
    "pledges": "承诺书",
}
CONTACT: Final = {"name": "联系人", "phone": "联系电话", "email": "电子邮箱"}
PLAN: Final = {
    "understanding": "对需求的理解与目标",
    "approach": "服务方案",
    "schedule": "进度与人员安排",
    "safeguarding": "未成年人保护与安全",
    "quality": "记录、质量与风险",
    "sustainability": "创新与可持续",
}
NEEDED_PLAN: Final = ("understanding", "approach", "safeguarding")
TEAM: Final = {"name": "姓名", "role": "岗位", "certificate": "证书", "months": "投入（月）"}
LINE: Final = {
    "cost_class": "类别",
    "name": "内容",
    "unit": "单位",
    "quantity": "数量",
    "unit_price": "单价",
    "reason": "依据",
}
PLEDGES: Final = {
    "truth": "所填内容和材料真实、完整，愿意接受核查",
    "integrity": "遵守廉洁约定，不围标、不串标，不向工作人员和评审专家输送利益",
    "safeguarding": "遵守未成年人保护要求，接触未成年人的人员接受违法犯罪记录查询",
    "relations": "已如实说明与采购人、其他申报单位的关系",
}
MAX_ROWS: Final = 60
MAX_TEXT: Final = 6000
MAX_QUANTITY: Final = 1_000_000
PADDING: Final = 4096
"""Envelopes are filled up to whole blocks, so that a size tells little of a content."""


@dataclass(frozen=True)
class Fact:
    """One checked fact with its figures. kind: ok | warn | bad | wait; bad ones stop the submission alone."""

    kind: str
    title: str
    note: str
    part: str


def blank() -> dict[str, Any]:
    """A bid in which nothing has been written."""
    return {"contact": {}, "plan": {}, "team": [], "lines": [], "pledges": {}, "files": []}


def typed(part: str, data: Mapping[str, str]) -> Any:
    """One part as a form posted it, text as typed: names as contact-phone, lines-0-unit_price.

    raises  Invalid when it is too long to be kept
    """
    if part in {"team", "lines"}:
        names = TEAM if part == "team" else LINE
        numbers = sorted({int(found[1]) for key in data if (found := re.fullmatch(rf"{part}-(\d{{1,4}})-\w+", key))})
        rows = [
            {name: data.get(f"{part}-{n}-{name}", "") for name in names}
            for n in numbers[: MAX_ROWS + 1]
            if not data.get(f"{part}-{n}-DELETE")
        ]
        rows = [row for row in rows if any(v.strip() for k, v in row.items() if k not in {"cost_class", "role"})]
        if len(rows) > MAX_ROWS:
            raise Invalid(_("最多 %(n)s 行，请合并后再填。") % {"n": MAX_ROWS})
        kept: Any = rows
    else:
        names = {"contact": CONTACT, "plan": PLAN, "pledges": PLEDGES}[part]
        kept = {name: data.get(f"{part}-{name}", "") for name in names}
    texts = [v for row in (kept if isinstance(kept, list) else [kept]) for v in row.values()]
    if any(len(text) > MAX_TEXT for text in texts):
        raise Invalid(_("一栏最多 %(n)s 个字，请精简，或作为附件上传。") % {"n": MAX_TEXT})
    return kept


def flat(part: str, content: Mapping[str, Any]) -> dict[str, str]:
    """One part by the names of its form fields, to show both texts after a conflict."""
    value = content.get(part) or {}
    if isinstance(value, list):
        return {f"{part}-{n}-{k}": str(v) for n, row in enumerate(value) for k, v in row.items()}
    return {f"{part}-{k}": str(v) for k, v in value.items()}


def plain_number(text: object) -> str:
    """A number as people type it, in plain signs: full width, commas, blanks and 元 are taken as meant."""
    return re.sub(r"[\s,，¥元]", "", unicodedata.normalize("NFKC", str(text or "")))


def line_amount(row: Mapping[str, Any]) -> tuple[int, Decimal, Decimal]:
    """Quantity, unit price and amount of a priced line, in yuan.

    raises  Invalid at field "quantity" or "unit_price": no number, negative, zero, three decimals, too large
    """
    quantity = plain_number(row.get("quantity"))
    if not re.fullmatch(r"\d{1,7}", quantity) or not 0 < int(quantity) <= MAX_QUANTITY:
        raise Invalid(_("数量要填大于 0 的整数。"), field="quantity")
    text = plain_number(row.get("unit_price"))
    if not re.fullmatch(r"-?\d{1,12}(\.\d*)?", text):
        raise Invalid(_("请填数字，例如 1200.00。"), field="unit_price")
    try:
        price = exact(text)
    except ValidationError as fault:
        raise Invalid(" ".join(fault.messages), field="unit_price") from None
    if price < 0:
        raise Invalid(_("单价不能为负。"), field="unit_price")
    if price > Decimal(100000000):
        raise Invalid(_("单价过大，请核对单位是不是元。"), field="unit_price")
    return int(quantity), price, yuan(price * int(quantity))


def totals(content: Mapping[str, Any]) -> dict[str, Decimal]:
    """The sum by cost class and the whole ("total"), in yuan; lines that cannot be reckoned count nothing yet."""
    sums = dict.fromkeys([*COST_CLASSES, "total"], ZERO)
    for row in content.get("lines", []):
        try:
            _quantity, _price, amount = line_amount(row)
        except Invalid:
            continue
        sums[row.get("cost_class") if row.get("cost_class") in COST_CLASSES else "activity"] += amount
        sums["total"] += amount
    return sums


def over_ceiling(total: Decimal, ceiling: Decimal) -> str:
    """The sentence for a price over the ceiling; "" when it is within."""
    if total <= ceiling:
        return ""
    return _("报价 %(total)s 元，超过最高限价 %(ceiling)s 元。请降低单价或数量。") % {
        "total": f"{total:,.2f}", "ceiling": f"{ceiling:,.2f}",
    }  # fmt: skip


def facts_of(content: Mapping[str, Any], *, ceiling: Decimal, caps: Mapping[str, int]) -> list[Fact]:
    """What is checked while the bid is written, as facts with figures (随填随查).

    caps  highest share in percent by cost class, e.g. {"management": 10, "staff": 60}: over them is a warning
    """
    sums = totals(content)
    total = sums["total"]
    facts: list[Fact] = []
    if sentence := over_ceiling(total, ceiling):
        facts.append(Fact("bad", _("超过最高限价"), sentence, "lines"))
    elif total:
        low = (ceiling - total) * 100 / ceiling
        facts.append(Fact("ok", _("不超过最高限价"), f"{total:,.2f} ≤ {ceiling:,.2f}，低 {low:.1f}%", "lines"))
    else:
        facts.append(Fact("wait", _("还没有报价"), _("最高限价 %(c)s 元") % {"c": f"{ceiling:,.2f}"}, "lines"))
    for name, cap in caps.items():
        share = sums[name] * 100 / total if total else Decimal(0)
        word = COST_CLASSES[name]
        kind = "ok" if share <= cap else "warn"
        facts.append(Fact(kind, f"{word}不超过 {cap}%", f"{share:.1f}%，{sums[name]:,.2f} 元", "lines"))
    for field, sentences in faults(content).items():
        facts.append(Fact("bad", label_of(field), sentences[0], field.split("-")[0]))
    return facts


def faults(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """What stops a submission, by form field name (without the ceiling)."""
    errors: dict[str, list[str]] = {}
    contact, plan, pledges = (content.get(part) or {} for part in ("contact", "plan", "pledges"))
    for name in ("name", "phone"):
        if not str(contact.get(name, "")).strip():
            errors[f"contact-{name}"] = [_("请填写%(what)s。") % {"what": CONTACT[name]}]
    for name in NEEDED_PLAN:
        if not str(plan.get(name, "")).strip():
            errors[f"plan-{name}"] = [_("请填写%(what)s。") % {"what": PLAN[name]}]
    if not content.get("team"):
        errors["team-0-name"] = [_("请至少填一位项目负责人。")]
    errors |= line_faults(content.get("lines") or [])
    for name, sentence in PLEDGES.items():
        if not pledges.get(name):
            errors[f"pledges-{name}"] = [_("请阅读并承诺：%(what)s。") % {"what": sentence}]
    return errors


def line_faults(lines: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What is wrong with the priced lines, by form field name."""
    errors: dict[str, list[str]] = {}
    if not lines:
        errors["lines-0-name"] = [_("请至少填一行报价。")]
    for n, row in enumerate(lines):
        for name in ("name", "unit"):
            if not str(row.get(name, "")).strip():
                errors[f"lines-{n}-{name}"] = [_("第 %(n)s 行缺%(what)s。") % {"n": n + 1, "what": LINE[name]}]
        if row.get("cost_class") not in COST_CLASSES:
            errors[f"lines-{n}-cost_class"] = [_("第 %(n)s 行缺类别。") % {"n": n + 1}]
        if len(str(row.get("name", ""))) > 60 or len(str(row.get("unit", ""))) > 12:
            errors[f"lines-{n}-name"] = [_("第 %(n)s 行内容最多 60 个字，单位最多 12 个字。") % {"n": n + 1}]
        try:
            line_amount(row)
        except Invalid as refusal:
            errors[f"lines-{n}-{refusal.field}"] = [_("第 %(n)s 行：%(why)s") % {"n": n + 1, "why": refusal.message}]
    return errors


def label_of(field: str) -> str:
    """A form field's name in words: lines-0-unit_price → 报价明细第 1 行单价."""
    part, *rest = field.split("-")
    names = {"contact": CONTACT, "plan": PLAN, "team": TEAM, "lines": LINE, "pledges": {}}.get(part, {})
    place = f"第 {int(rest[0]) + 1} 行" if len(rest) == 2 else ""
    return f"{PARTS.get(part, part)}{place}{names.get(rest[-1], '') if rest else ''}"


def sealed_content(content: Mapping[str, Any], *, ceiling: Decimal) -> dict[str, Any]:
    """The content that is sealed: checked whole, amounts reckoned, as JSON values.

    raises  Invalid with every fault at its field; over the ceiling at "lines"
    """
    errors = faults(content)
    total = totals(content)["total"]
    if sentence := over_ceiling(total, ceiling):
        errors["lines"] = [sentence]
    if errors:
        raise Invalid(errors=errors)
    lines = []
    for n, row in enumerate(content["lines"], 1):
        quantity, price, amount = line_amount(row)
        lines.append(
            {
                **{name: str(row.get(name, "")).strip() for name in ("cost_class", "name", "unit", "reason")},
                "n": n,
                "quantity": quantity,
                "unit_price": str(price),
                "amount": str(amount),
            }
        )
    plain = {part: content.get(part) or blank()[part] for part in ("contact", "plan", "team", "pledges", "files")}
    return {**plain, "lines": lines, "total": str(total)}


def typed_again(content: Mapping[str, Any]) -> dict[str, Any]:
    """A sealed content as a draft again (替换): the amounts go back to what is typed."""
    lines = [{name: str(row.get(name, "")) for name in LINE} for row in content.get("lines", [])]
    return {**{part: content.get(part) or blank()[part] for part in blank()}, "lines": lines}


def envelope_bytes(bid_key: str, salt: bytes, content: Mapping[str, Any]) -> bytes:
    """The envelope: canonical JSON with the salt, filled up with blanks to whole blocks."""
    body = canonical_json({"v": 1, "bid": bid_key, "salt": salt.hex(), "content": content})
    return body + b" " * (-len(body) % PADDING)


def read_envelope(body: bytes, bid_key: str) -> tuple[bytes, dict[str, Any]]:
    """Salt and content of an opened envelope. raises  ValueError (of another bid, or no envelope)"""
    found = json.loads(body)
    if found["v"] != 1 or found["bid"] != bid_key:
        raise ValueError("an envelope of another bid")
    return bytes.fromhex(found["salt"]), found["content"]

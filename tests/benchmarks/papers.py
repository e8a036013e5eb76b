"""The papers that show measured figures: their tables are drawn from the committed results, never typed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"
ROOT = Path(__file__).resolve().parents[2]
README, PAGE = ROOT / "README.md", ROOT / "docs" / "reference" / "performance.md"
KINDS = {"list": "列表", "detail": "详情", "desk": "工作台", "case": "项目", "trace": "查账", "public": "公开"}
ENGLISH = {
    "list": "lists, filtered, sorted, searched, turned to the middle",
    "detail": "pages of one object",
    "desk": "desks",
    "case": "the case page and its history",
    "trace": "the audit trail",
    "public": "the public square",
}
VERIFIED = 0.2
"""The journal is to be verified at this share of bare hashlib's speed."""
DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
BLOCK = "<!-- {name}: drawn by RECORD=1 make bench -->\n{table}<!-- end of {name} -->\n"


def committed(database: str) -> dict[str, Any]:
    """The kept figures, page by page; {} before the first."""
    path = path_of(database)
    pages: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["pages"] if path.is_file() else {}
    return pages


def path_of(database: str) -> Path:
    """Where a database's figures are kept."""
    return RESULTS / f"pages-{database}.json"


def verified(database: str) -> dict[str, Any]:
    """The kept figures of the journal's verification; {} before the first."""
    path = verified_path_of(database)
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return kept


def verified_path_of(database: str) -> Path:
    """Where a database's figures of the journal's verification are kept."""
    return RESULTS / f"journal-{database}.json"


def growth_of(row: dict[str, Any]) -> float | None:
    """The page's ratio at the largest size to that at the smallest; None where there is one size."""
    sizes = list(row["sizes"].values())
    return round(sizes[-1]["p50"] / sizes[0]["p50"], 2) if len(sizes) > 1 else None


def by_kind() -> str:
    """README's table: a line a kind of page; the middle and the slowest page of each, and the largest growth."""
    found = {name: committed(name) for name in DATABASES}
    heads = [f"{DATABASES[name]}, {_largest(pages):,} orders" for name, pages in found.items() if pages]
    text = f"| pages | {' | '.join(heads)} | growth |\n|---|{'---|' * (len(heads) + 1)}\n"
    for kind, words in ENGLISH.items():
        cells, growths = [], []
        for pages in found.values():
            rows = [row for row in pages.values() if row["kind"] == kind]
            if rows:
                ratios = [list(row["sizes"].values())[-1]["p50"] for row in rows]
                cells.append(f"{median(ratios):.1f} · {max(ratios):.1f}")
                growths += [growth for row in rows if (growth := growth_of(row))]
        text += f"| {words} | {' | '.join(cells)} | {max(growths, default=1):.2f} |\n"
    journal = {name: verified(name) for name, pages in found.items() if pages}
    if any(journal.values()):
        cells = [f"{kept['ratios']['2']['wall']:.2f}" if kept else "–" for kept in journal.values()]
        entries = max(kept["entries"] for kept in journal.values() if kept)
        told = (
            f"the journal of {entries:,} entries verified, as a share of bare hashlib's speed (at least {VERIFIED:g})"
        )
        text += f"| {told} | {' | '.join(cells)} | – |\n"
    return text


def page_by_page() -> str:
    """The whole table: p50 and p95 of every page at every size."""
    text = ""
    for database, name in DATABASES.items():
        pages = committed(database)
        if not pages:
            continue
        sizes = list(next(iter(pages.values()))["sizes"])
        heads = "".join(f" | {int(size):,} orders: p50 | p95" for size in sizes)
        text += f"\n### {name}\n\n| page | reader{heads} | growth |\n|---|---{'|---|---' * len(sizes)}|---|\n"
        for title, row in pages.items():
            cells = "".join(f" | {each['p50']:.2f} | {each['p95']:.2f}" for each in row["sizes"].values())
            reader = f"`{row['login']}`" if row["login"] else "anybody"
            text += f"| {KINDS[row['kind']]} {title} | {reader}{cells} | {growth_of(row) or '–'} |\n"
    return text + _of_the_journal() + "\n"


def _of_the_journal() -> str:
    """The journal's verification against bare hashlib; nothing before the first run."""
    kept = {name: figures for database, name in DATABASES.items() if (figures := verified(database))}
    if not kept:
        return ""
    text = "\n### The journal\n\n| database | entries | processes | by the clock | by the longer process's processor time |\n"
    text += "|---|---|---|---|---|\n"
    for name, figures in kept.items():
        for processes, ratio in figures["ratios"].items():
            text += (
                f"| {name} | {figures['entries']:,} | {processes} | {ratio['wall']:.3f} | {ratio['processor']:.3f} |\n"
            )
    return text


def blocks() -> dict[Path, str]:
    """What each paper must contain, word for word."""
    return {
        README: BLOCK.format(name="speed", table=by_kind()),
        PAGE: BLOCK.format(name="figures", table=page_by_page()),
    }


def draw() -> None:
    """Write the tables into the papers, in place of those before."""
    for path, block in blocks().items():
        name = block.partition(":")[0].removeprefix("<!-- ")
        pattern = rf"<!-- {name}: .*?<!-- end of {name} -->\n"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(pattern, lambda _found, block=block: block, text, flags=re.DOTALL), encoding="utf-8")


def _largest(pages: dict[str, Any]) -> int:
    return max(int(size) for row in pages.values() for size in row["sizes"])

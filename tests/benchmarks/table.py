"""The tables of the pages and of the journal: what is printed, what is kept in results/ and compared on the next run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks.pages import Measured, Page
from tests.benchmarks.papers import KINDS, RESULTS, VERIFIED, draw, growth_of, path_of, verified_path_of

P50, GROWTH = 4.0, 1.5


@dataclass
class Figures:
    """What was measured on one database: page by page, size by size."""

    database: str
    rounds: int
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, size: int, measured: dict[Page, Measured]) -> None:
        """Take in the figures of one size."""
        for page, figures in measured.items():
            row = self.pages.setdefault(page.name, {"kind": page.kind, "login": page.login, "sizes": {}})
            row["sizes"][str(size)] = {key: round(value, 2) for key, value in asdict(figures).items()}

    def lines(self, before: dict[str, Any]) -> list[str]:
        """One line a page and one for all; before: the committed figures."""
        found = [_line(self.database, name, row, before.get(name)) for name, row in self.pages.items()]
        rows = self.pages.values()
        slow = sum(_slowest(row) > P50 for row in rows)
        grown = sum((growth_of(row) or 0) > GROWTH for row in rows)
        found.append(
            f"{self.database}：{len(rows)} 个页面，{slow} 个超过 {P50:g} 倍，{grown} 个增长超过 {GROWTH:g} 倍 · 目标 0 和 0"
        )
        return found

    def write(self) -> None:
        """Keep the figures as the committed ones, and draw the papers anew."""
        RESULTS.mkdir(exist_ok=True)
        kept = {"rounds": self.rounds, "pages": self.pages}
        path_of(self.database).write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        draw()


@dataclass
class Took:
    """Microseconds an entry: by the clock, and of the processor in the process that took longer."""

    wall: float
    processor: float


@dataclass
class Verified:
    """How long the journal's verification took beside bare hashlib, by one process and by two."""

    database: str
    entries: int
    bare: Took
    by: dict[int, Took] = field(default_factory=dict)

    def ratios(self) -> dict[str, dict[str, float]]:
        """By number of processes: the speed as a share of bare hashlib's, by the clock and by the longer process."""
        return {
            str(processes): {
                "wall": round(self.bare.wall / took.wall, 3),
                "processor": round(self.bare.processor / took.processor, 3),
            }
            for processes, took in self.by.items()
        }

    def lines(self, before: dict[str, Any]) -> list[str]:
        """One line a number of processes; before: the committed figures."""
        found = []
        for processes, ratio in self.ratios().items():
            took, was = self.by[int(processes)], before.get("ratios", {}).get(processes)
            compared = f"（上次 {was['wall']:.3f}、{was['processor']:.3f}）" if was else ""
            found.append(
                f"{self.database} 日志校验 ÷ 裸 hashlib（{self.entries:,} 条，{processes} 个进程）"
                f" · 按时钟 {ratio['wall']:.3f}，按较长进程的处理器时间 {ratio['processor']:.3f}{compared}"
                f" · 每条 {took.wall:.2f}、{took.processor:.2f} µs，裸 hashlib {self.bare.wall:.2f}、{self.bare.processor:.2f} µs"
                f" · 目标 ≥ {VERIFIED:g} {'✓' if ratio['wall'] >= VERIFIED else '✗'}"
            )
        return found

    def write(self) -> None:
        """Keep the figures as the committed ones, and draw the papers anew."""
        RESULTS.mkdir(exist_ok=True)
        kept = {"entries": self.entries, "ratios": self.ratios()}
        text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
        verified_path_of(self.database).write_text(text, encoding="utf-8")
        draw()


def _slowest(row: dict[str, Any]) -> float:
    return float(max(each["p50"] for each in row["sizes"].values()))


def _line(database: str, name: str, row: dict[str, Any], before: dict[str, Any] | None) -> str:
    parts = [f"{size} 单 p50 {each['p50']:.2f} p95 {each['p95']:.2f}" for size, each in row["sizes"].items()]
    growth = growth_of(row)
    good = _slowest(row) <= P50 and (growth or 0) <= GROWTH
    told = f" 增长 {growth:.2f}" if growth else ""
    compared = ""
    if before:
        was = [each["p50"] for size, each in before["sizes"].items() if size in row["sizes"]]
        compared = f"（上次 {' → '.join(f'{each:.2f}' for each in was)}）" if was else ""
    target = f"目标 ≤ {P50:g}" + (f"、增长 ≤ {GROWTH:g}" if growth else "")
    return f"{database} {KINDS[row['kind']]} {name} · {' · '.join(parts)}{told}{compared} · {target} {'✓' if good else '✗'}"

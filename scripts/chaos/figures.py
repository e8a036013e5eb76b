"""A campaign in figures: what was killed, what was written and sent again, what was lost, how long it took."""

import statistics
from collections import Counter
from typing import Any

from scripts.chaos.campaign import Campaign

GOAL_SECONDS = 10


def table(campaign: Campaign, told: dict[str, Any], drained: float | None, seconds: float) -> str:
    """The campaign in figures."""
    deeds = campaign.log.deeds
    by_kind = Counter(kill.kind for kill, _back in campaign.kills)
    backs = [back for _kill, back in campaign.kills if back is not None]
    repeated = [deed for deed in deeds if deed.tries > 1]
    faults = Counter(status for deed in deeds for status in deed.faults)
    ended = Counter(deed.ended for deed in deeds)
    kinds = "、".join(f"{kind} {n}" for kind, n in by_kind.items())
    again = sum(deed.tries - 1 for deed in repeated)
    in_time = sum(back <= GOAL_SECONDS for back in backs)
    swift = f"中位 {statistics.median(backs):.1f} 秒，最慢 {max(backs):.1f} 秒" if backs else "没有恢复"
    rows = [
        ("强杀", f"{len(campaign.kills)} 次（{kinds}）"),
        (
            "写入",
            f"{len(deeds)} 次：确认 {ended['acknowledged']}，拒绝 {ended['refused']}，无答复 {ended['unanswered']}",
        ),
        ("重发", f"{len(repeated)} 次写入共重发 {again} 次；断线 {faults[0]}，503 {faults[503]}，500 {faults[500]}"),
        ("确认后丢失", f"{told['lost']}"),
        ("重复", f"{told['doubled']}"),
        ("断链", f"{told['broken']}（日志 {told['entries']} 条）"),
        ("报告", f"{told.get('reports', 0)} 份，各一份文件、一条通知（共做 {told.get('attempts', 0)} 遍）"),
        ("文件", f"{told.get('files', 0)} 个，摘要相符"),
        ("恢复服务", f"{swift}；{GOAL_SECONDS} 秒内 {in_time} / {len(campaign.kills)}"),
        ("Redis 停开", campaign.outage or "没有 Redis"),
        ("办完积压", "没有办完" if drained is None else f"{drained:.0f} 秒"),
        ("用时", f"{seconds:.0f} 秒"),
    ]
    for kind in by_kind:
        times = [back for kill, back in campaign.kills if kill.kind == kind and back is not None]
        if times:
            rows.append((f"　{kind}", f"恢复中位 {statistics.median(times):.1f} 秒，最慢 {max(times):.1f} 秒"))
    return "\n".join(f"{name}\t{text}" for name, text in rows)

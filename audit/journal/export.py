"""The journal as a file for somebody who trusts nobody (日志导出): every entry, every checkpoint, and the verifier itself."""

from __future__ import annotations

import json
import zipfile
from typing import IO, Final

from audit.journal.models import Checkpoint, JournalEntry, Leaf
from audit.journal.proofs import public_keys, verifier
from audit.journal.rows import raw_rows

NUMBERED: Final = f"""
SELECT l.seq, e.object_key, e.n, e.previous, e.hash, e.body FROM {Leaf._meta.db_table} l
JOIN {JournalEntry._meta.db_table} e ON e.object_key = l.object_key AND e.n = l.n ORDER BY l.seq
"""  # noqa: S608 - the tables' own names

READ_ME: Final = """本文件是日志的完整导出，可以在任何一台装有 Python 3.9 以上的电脑上自行核对，不需要联网，也不需要本平台：

    python3 verify.py 导出文件.zip --key 公钥 --published 摘要

公钥和每日摘要见平台公开页「存证」（/journal/）；请从别处（打印件、存档、纸质报告页脚）取得它们，不要只用本文件自带的。
entries.jsonl      每行一条日志，按编号排列：对象、序号、上一条的摘要、本条摘要、原文
checkpoints.jsonl  每行一个检查点，带签名
keys.json          签过检查点的全部公钥
verify.py          核对程序，只用 Python 标准库；装有 cryptography 时核对签名更快
"""


def export_journal(target: IO[bytes]) -> int:
    """Write the whole numbered journal as a zip. It tells of sealed bids that they exist: hand it out after the openings.

    returns  how many entries are in it
    """
    checkpoints = list(Checkpoint.objects.order_by("number").values("number", "note"))
    count = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("entries.jsonl", "w", force_zip64=True) as file, raw_rows(NUMBERED, "journal_export") as rows:
            for seq, key, n, previous, stored, body in rows:
                told = {
                    "index": seq,
                    "object": key,
                    "n": n,
                    "previous": previous.hex(),
                    "hash": stored.hex(),
                    "body": body.decode(),
                }
                file.write(json.dumps(told, ensure_ascii=False).encode() + b"\n")
                count += 1
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in checkpoints)
        archive.writestr("checkpoints.jsonl", lines)
        archive.writestr("keys.json", json.dumps(public_keys(), ensure_ascii=False))
        archive.writestr("verify.py", verifier())
        archive.writestr("README.txt", READ_ME)
    return count

"""Verify an archive bag with nothing but Python itself (独立校验程序): this very file lies in every bag.

    python3 data/verify.py                     the bag that this file lies in
    python3 data/verify.py FOLDER              a bag elsewhere
    python3 data/verify.py --digest HEX        also compare with the digest in the hand-over form or in the journal
    python3 data/verify.py --key KEY           check the checkpoint with the key that the platform publishes

It needs Python 3.9 or later, no other package, no network and no platform. It writes nothing.
Exit code 0: everything agrees; 1: what does not agree is named; 2: there is no bag.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    Entries = dict[tuple[str, int], dict[str, Any]]

ALGORITHMS = ("sha256", "sha512")
PIECE = 1024 * 1024


class Finding(NamedTuple):
    """One thing that does not agree: where (a file, or an object of the journal with its entry), and what."""

    where: str
    what: str


class Result(NamedTuple):
    """What was looked at, and what does not agree. digest: SHA-256 of the tag manifest, hex.

    proofs  entries whose place in the journal's tree was proven;  checkpoint: digest of the signed state they rest on
    """

    digest: str
    files: int
    chains: int
    entries: int
    documents: int
    withheld: int
    proofs: int
    checkpoint: str
    findings: list[Finding]


def verify_bag(folder: Path, expected: str = "", keys: Sequence[str] = (), standalone: Any = None) -> Result:
    """Check manifests, journal chains, and every document's digest against the journal.

    folder    the bag's own folder, which holds bagit.txt;  expected: the tag manifest's digest as told elsewhere
    keys      the platform's public keys as it publishes them; without any those in the bag are used, which says less
    standalone  the journal's own verifier as a module, where it is at hand; else the one that lies in the bag is used
    returns   counts and findings; a bag that agrees has none
    raises    FileNotFoundError when there is no bag
    """
    tags = folder / "tagmanifest-sha256.txt"
    digest = hashlib.sha256(tags.read_bytes()).hexdigest()
    findings: list[Finding] = []
    if expected and expected.lower() != digest:
        findings.append(Finding(tags.name, f"摘要是 {digest}，应当是 {expected.lower()}"))
    files = 0
    for algorithm in ALGORITHMS:
        files = _check_manifest(folder, f"manifest-{algorithm}.txt", algorithm, findings)
        _check_manifest(folder, f"tagmanifest-{algorithm}.txt", algorithm, findings)
    _check_strays(folder, findings)
    data = folder / "data"
    entries = read_entries(data / "journal" / "entries.jsonl", findings)
    chains = _check_chains(entries, read_json(data / "journal" / "heads.json", findings), findings)
    index = read_json(data / "index.json", findings)
    documents, withheld = _check_documents(folder, index, entries, findings)
    proofs, checkpoint = _check_proofs(data / "journal", entries, keys, standalone, findings)
    return Result(digest, files, chains, len(entries), documents, withheld, proofs, checkpoint, findings)


# --- BagIt (RFC 8493) -------------------------------------------------------------------------------------------------


def _manifest(path: Path) -> dict[str, str]:
    """relative path -> digest; line breaks in names are escaped as RFC 8493 says."""
    listed = {}
    for line in path.read_text("utf-8").splitlines():
        digest, _blank, name = line.partition(" ")
        listed[re.sub("%0[AaDd]|%25", _unescape, name.strip().lstrip("*"))] = digest.lower()
    return listed


def _unescape(found: re.Match[str]) -> str:
    return {"%0A": "\n", "%0D": "\r", "%25": "%"}[found.group().upper()]


def _check_manifest(folder: Path, name: str, algorithm: str, findings: list[Finding]) -> int:
    path = folder / name
    if not path.is_file():
        findings.append(Finding(name, "清单不见了"))
        return 0
    listed = _manifest(path)
    for member, digest in sorted(listed.items()):
        target = folder / member
        if ".." in Path(member).parts or not target.is_file():
            findings.append(Finding(member, f"清单（{algorithm}）里有，包里没有"))
        elif _digest_of(target, algorithm) != digest:
            findings.append(Finding(member, f"内容与清单（{algorithm}）的摘要不符"))
    return len(listed)


def _check_strays(folder: Path, findings: list[Finding]) -> None:
    """Files that no manifest knows."""
    manifest = folder / "manifest-sha256.txt"
    listed = set(_manifest(manifest)) if manifest.is_file() else set()
    present = sorted(path.relative_to(folder).as_posix() for path in (folder / "data").rglob("*") if path.is_file())
    findings.extend(Finding(name, "包里有，清单里没有") for name in present if name not in listed)


def _digest_of(path: Path, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(PIECE), b""):
            digest.update(piece)
    return digest.hexdigest()


def read_json(path: Path, findings: list[Finding]) -> dict[str, Any]:
    """An object from a file; what cannot be read becomes a finding and an empty object."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        findings.append(Finding(f"data/{path.name}", f"读不出来：{fault}"))
        return {}
    return found if isinstance(found, dict) else {}


# --- Journal: hash = sha256(previous ‖ body), one chain an object -----------------------------------------------------


def read_entries(path: Path, findings: list[Finding]) -> Entries:
    """(object, n) -> its line with what its body tells; what cannot be read becomes a finding."""
    found: Entries = {}
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, ValueError) as fault:
        findings.append(Finding("data/journal/entries.jsonl", f"读不出来：{fault}"))
        return found
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            row = json.loads(line)
            found[str(row["object"]), int(row["n"])] = {**row, "told": json.loads(row["body"])}
        except (ValueError, KeyError, TypeError) as fault:
            findings.append(Finding(f"data/journal/entries.jsonl 第 {number} 行", f"读不出来：{fault}"))
    return found


def _check_chains(entries: Entries, heads: dict[str, Any], findings: list[Finding]) -> int:
    last: dict[str, tuple[int, str]] = {}
    for (key, n), row in sorted(entries.items()):
        where = f"{key} #{n}"
        before_n, before_hash = last.get(key, (0, ""))
        if n != before_n + 1:
            findings.append(Finding(f"{key} #{before_n + 1}", "日志缺这一条"))
        elif row.get("previous") != before_hash:
            findings.append(Finding(where, "与上一条日志接不上"))
        link = hashlib.sha256(bytes.fromhex(row.get("previous", "")) + row["body"].encode("utf-8")).hexdigest()
        if link != row.get("hash"):
            findings.append(Finding(where, "日志内容被改动"))
        told = row["told"]
        if (told.get("object"), told.get("n")) != (key, n):
            findings.append(Finding(where, "日志内容说的是另一条"))
        last[key] = (n, str(row.get("hash")))
    for key, head in sorted(heads.items()):
        n, known = last.get(key, (0, ""))
        if n < head["n"]:
            findings.append(Finding(f"{key} #{n + 1}", f"日志缺尾：应有 {head['n']} 条"))
        elif (n, known) != (head["n"], head["hash"]):
            findings.append(Finding(f"{key} #{n}", "与日志链头不符"))
    findings.extend(Finding(key, "日志链头没有登记这个对象") for key in sorted(set(last) - set(heads)))
    return len(last)


# --- Documents against the journal ------------------------------------------------------------------------------------


def _check_documents(folder: Path, index: dict[str, Any], entries: Entries, findings: list[Finding]) -> tuple[int, int]:
    """Each listed file has its digest, each digest that the journal names is accounted for, each claim is true."""
    files: Sequence[dict[str, Any]] = index.get("files", ())
    withheld: Sequence[dict[str, Any]] = index.get("withheld", ())
    for each in files:
        path = folder / each["path"]
        if not path.is_file():
            findings.append(Finding(each["path"], "归档目录里有，包里没有"))
        elif _digest_of(path, "sha256") != each["sha256"]:
            findings.append(Finding(each["path"], "内容与归档目录的摘要不符"))
    known: set[str] = {each["sha256"] for each in (*files, *withheld)}
    for each in (*files, *withheld):
        claim = each.get("journal")
        if claim:
            row = entries.get((claim[0], claim[1]))
            if row is None or each["sha256"] not in row["told"].get("documents", ()):
                where = each.get("path") or each["sha256"]
                findings.append(Finding(where, f"日志 {claim[0]} #{claim[1]} 没有记这份文件"))
    for (key, n), row in sorted(entries.items()):
        findings.extend(
            Finding(f"{key} #{n}", f"日志记的文件 {digest} 既不在包里，也没有说明")
            for digest in row["told"].get("documents", ())
            if digest not in known
        )
    return len(files), len(withheld)


# --- Proofs that the entries stand in the platform's signed journal ---------------------------------------------------


def _check_proofs(
    journal: Path, entries: Entries, keys: Sequence[str], standalone: Any, findings: list[Finding]
) -> tuple[int, str]:
    """How many entries are proven, and the digest of the checkpoint they rest on; (0, "") for a bag without proofs."""
    if not (journal / "proofs.json").is_file():
        return 0, ""
    found = read_json(journal / "proofs.json", findings)
    covered = [each for each in found.get("entries", ()) if each["index"] is not None]
    here = [each for each in covered if (each["object"], each["n"]) in entries]
    findings.extend(
        Finding(f"{each['object']} #{each['n']}", "存证里的日志，包里没有")
        for each in covered
        if (each["object"], each["n"]) not in entries
    )
    proven = [{**entries[each["object"], each["n"]], **each} for each in here]
    try:
        arithmetic = standalone or _load(journal / "standalone.py")
        faults = arithmetic.faults_of_proof({**found, "entries": proven}, list(keys) or found["keys"])
        findings.extend(Finding("存证", str(fault)) for fault in faults)
        return len(proven), str(arithmetic.Note(found["checkpoint"]).digest)
    except (ImportError, OSError, SyntaxError, ValueError, KeyError) as fault:
        findings.append(Finding("data/journal/proofs.json", f"存证核对不了：{fault}"))
        return 0, ""


def _load(path: Path) -> Any:
    """The journal's verifier from the bag, without leaving anything beside it."""
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location("standalone", path)
    if spec is None or spec.loader is None:
        raise ImportError(path.name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(arguments: Sequence[str]) -> int:
    """Verify and say what was found, in Chinese; 0, 1 or 2."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    parser = argparse.ArgumentParser(description="校验一个档案包：清单、日志链、材料、存证。")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    parser.add_argument("--digest", default="", help="移交表或日志里的清单摘要")
    parser.add_argument("--key", action="append", default=[], help="平台「存证」公开页上的公钥")
    given = parser.parse_args(arguments)
    try:
        result = verify_bag(given.folder, given.digest, given.key)
    except OSError as fault:
        print(f"这里没有档案包：{given.folder}（{fault}）")
        return 2
    print(f"清单摘要 {result.digest}")
    print(
        f"文件 {result.files} 个；日志 {result.chains} 条链、{result.entries} 条，其中 {result.proofs} 条有存证；"
        f"材料 {result.documents} 件，另有 {result.withheld} 件只列摘要"
    )
    if result.checkpoint:
        print(f"日志检查点 {result.checkpoint}（请与平台「存证」公开页核对）")
    for finding in result.findings:
        print(f"不符：{finding.where}：{finding.what}")
    print("校验通过：内容与清单、日志一致。" if not result.findings else f"校验不通过：{len(result.findings)} 处不符。")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

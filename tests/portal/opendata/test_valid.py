"""Every process of the demonstration world, and as many made from them, is valid OCDS 1.1 under two validators."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from ocdsmerge import Merger

from demo.world import build
from procurement.notices.ocds import record

SHARED = Path(settings.BASE_DIR).parent / "shared"
STANDARD = SHARED / "data" / "ocds" / "standard-1.1.zip"
# OPEN_DATA_PROCESSES=2000 for the whole measure.
PROCESSES = int(os.environ.get("OPEN_DATA_PROCESSES", "100"))

pytestmark = pytest.mark.skipif(not STANDARD.is_file(), reason="the standard's schemas lie beside the project")


def test_the_demonstration_is_valid_and_merges_as_ocdsmerge_says(db: None, tmp_path: Path) -> None:
    build()
    client = Client()
    packages = {
        "releases": client.get("/api/v1/ocds/releases/?limit=500").json(),
        "records": client.get("/api/v1/ocds/records/?limit=500").json(),
    }
    assert "links" in packages["releases"]
    assert len(packages["records"]["records"]) > 5
    assert sum(len(each["releases"]) for each in packages["records"]["records"]) == len(
        packages["releases"]["releases"]
    )
    chance = Random(2019)
    made = [varied(chance.choice(packages["records"]["records"]), n, chance) for n in range(PROCESSES)]
    packages["made"] = {**packages["records"], "records": made}
    merger = Merger(schema=release_schema())
    for process in packages["records"]["records"] + made:
        assert process["compiledRelease"] == merger.create_compiled_release(process["releases"]), process["ocid"]
    files = []
    for name, package in packages.items():
        files.append(str(tmp_path / f"{name}.json"))
        Path(files[-1]).write_text(json.dumps(package, ensure_ascii=False), "utf-8")
    for tool in ("ocds_validate_offline.py", "ocds_validate_plain.py"):
        done = subprocess.run(
            [sys.executable, str(SHARED / "tools" / tool), str(STANDARD), *files],
            capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        assert done.returncode == 0, f"{tool}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        # The feed's own "links" is the one field beyond the standard.
        beyond = [
            line for line in done.stdout.splitlines() if "additional_fields" in line and '"field": "links"' not in line
        ]
        assert beyond == []


def varied(process: dict[str, Any], n: int, chance: Random) -> dict[str, Any]:
    """Another process of the same course: ocid, amounts and quantities of its own, perhaps not yet at its end."""
    ocid = f"ocds-213czf-{n:012x}"
    text = json.dumps(process["releases"], ensure_ascii=False).replace(process["ocid"], ocid)
    releases = json.loads(text)[: chance.randint(1, len(process["releases"]))]
    factor = chance.randint(1, 900) / 100

    def scaled(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                k: round(v * factor, 2) if k == "amount" and isinstance(v, float) else scaled(v)
                for k, v in value.items()
            }
        return [scaled(each) for each in value] if isinstance(value, list) else value

    return record([scaled(release) for release in releases])


def release_schema() -> dict[str, Any]:
    """The standard's own schema without references: its merging rules are written there."""
    with zipfile.ZipFile(STANDARD) as archive:
        schema: dict[str, Any] = json.loads(archive.read("standard-1__1__5/schema/dereferenced-release-schema.json"))
    return schema

"""Every process of the demonstration world, and 2,000 drawn at random, is valid OCDS 1.1 under two validators."""

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
from django.db import connection
from django.test import Client
from ocdsmerge import Merger

from demo.world import build
from tests.portal.opendata.processes import publish_processes

SHARED = Path(settings.BASE_DIR).parent / "shared"
STANDARD = SHARED / "data" / "ocds" / "standard-1.1.zip"
PROCESSES = int(os.environ.get("OPEN_DATA_PROCESSES", "2000"))

pytestmark = pytest.mark.skipif(not STANDARD.is_file(), reason="the standard's schemas lie beside the project")


def test_the_demonstration_is_valid_and_merges_as_ocdsmerge_says(db: None, tmp_path: Path) -> None:
    build()
    records = fetched("records")
    assert sum(len(package["records"]) for package in records) > 5
    check(records, tmp_path)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="what a release says does not depend on the database")
def test_processes_drawn_at_random_are_valid_and_merge_as_ocdsmerge_says(db: None, tmp_path: Path) -> None:
    build()
    known = sum(len(package["records"]) for package in fetched("records"))
    publish_processes(PROCESSES, Random(2019))
    records = fetched("records")
    assert sum(len(package["records"]) for package in records) == known + PROCESSES
    tags = {tag for package in records for each in package["records"] for tag in each["compiledRelease"]["tag"]}
    assert tags == {"compiled"}
    check(records, tmp_path)


def fetched(what: str) -> list[dict[str, Any]]:
    """All packages, from the first page to the last that has something on it."""
    client, pages, place = Client(), [], f"/api/v1/ocds/{what}/?limit=500"
    while place:
        page = client.get(place).json()
        if not page[what]:
            break
        pages.append(page)
        place = page.get("links", {}).get("next", "").replace("http://testserver", "")
    return pages


def check(records: list[dict[str, Any]], folder: Path) -> None:
    """Releases and records hold the same; what was compiled is ocdsmerge's; both validators find nothing."""
    releases = fetched("releases")
    processes = [process for package in records for process in package["records"]]
    fed = [release for package in releases for release in package["releases"]]
    assert sum(len(process["releases"]) for process in processes) == len(fed)
    merger = Merger(schema=release_schema())
    for process in processes:
        assert process["compiledRelease"] == merger.create_compiled_release(process["releases"]), process["ocid"]
    files = []
    for n, package in enumerate(records + releases):
        files.append(str(folder / f"{n}.json"))
        Path(files[-1]).write_text(json.dumps(package, ensure_ascii=False), "utf-8")
    for tool in ("ocds_validate_offline.py", "ocds_validate_plain.py"):
        done = subprocess.run(
            [sys.executable, str(SHARED / "tools" / tool), str(STANDARD), *files],
            capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        assert done.returncode == 0, f"{tool}\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
        # The feed's own "links" is the one field beyond the standard.
        beyond = [
            line for line in done.stdout.splitlines() if "additional_fields" in line and '"field": "links"' not in line
        ]
        assert beyond == []


def release_schema() -> dict[str, Any]:
    """The standard's own schema without references: its merging rules are written there."""
    with zipfile.ZipFile(STANDARD) as archive:
        schema: dict[str, Any] = json.loads(archive.read("standard-1__1__5/schema/dereferenced-release-schema.json"))
    return schema

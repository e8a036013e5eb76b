"""The docs agree with the tree: links and paths exist, commands and settings are named on both sides, drawn pages are current."""

from __future__ import annotations

import ast
import re
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command, find_commands, get_commands
from django.urls import resolve

from core.management.drawn_pages import lifecycles
from tests.addresses import routes
from tests.written_tables import rows_of

ROOT = Path(settings.BASE_DIR)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
APPS = ["config", "core", "accounts", "catalog", "procurement", "evaluation", "audit", "portal", "demo"]
ROOMED = ["accounts", "catalog", "procurement", "evaluation", "audit", "portal"]
NO_ROOMS = {"migrations", "management", "permissions", "templatetags"}
DRAWN = ["draw_lifecycles", "permission_matrix"]

# Not "page": that is the browser's fixture.
every_page = pytest.mark.parametrize("paper", PAGES, ids=lambda paper: str(paper.relative_to(ROOT)))


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def prose(page: Path) -> str:
    """A page without its code blocks, whose paths may be examples."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"(?m)^    .*$", "", text)


def anchors(page: Path) -> set[str]:
    """The anchors a page offers: set by hand, and those of its headings as GitHub makes them."""
    text = page.read_text("utf-8")
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


def own_commands() -> set[str]:
    """The management commands of the apps of this repository, installed or not."""
    return {name for app in APPS for name in find_commands(str(ROOT / app / "management"))}


def targets() -> set[str]:
    found = re.search(r"^\.PHONY: (.+)$", read("Makefile"), re.MULTILINE)
    assert found
    return set(found[1].split())


@every_page
def test_links_lead_somewhere(paper: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(paper)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _hash, anchor = unquote(link).partition("#")
        target = (paper.parent / path).resolve() if path else paper
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@every_page
def test_files_that_are_named_exist(paper: Path) -> None:
    """`core/lifecycle.py`, `procurement/bids/`: whatever looks like a path of this repository is one."""
    tops = "|".join([*APPS, "docs", "scripts", "static", "templates", "tests"])
    named = re.findall(rf"`((?:{tops})/[\w./-]*)`", prose(paper))
    assert [path for path in named if not (ROOT / path).exists()] == []


@every_page
def test_dotted_names_exist(paper: Path) -> None:
    """`core.lifecycle.advance`: the module is there and has the name. Names of lifecycles only look like modules."""
    named = set(re.findall(rf"`((?:{'|'.join(APPS)})(?:\.\w+)+)`", prose(paper))) - lifecycle_names()
    assert [name for name in sorted(named) if not is_there(name)] == []


def lifecycle_names() -> set[str]:
    return {model.lifecycle.name for model in apps.get_models() if hasattr(model, "lifecycle")}


def is_there(name: str) -> bool:
    """A package, a module, or a module and a word that stands in it."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        if place.is_dir() or place.with_suffix(".py").is_file():
            rest = parts[length:]
            text = place.with_suffix(".py").read_text("utf-8") if place.with_suffix(".py").is_file() else ""
            return all(re.search(rf"\b{word}\b", text) for word in rest)
    return False


@every_page
def test_commands_that_are_named_exist(paper: Path) -> None:
    text = paper.read_text("utf-8")
    commands = set(re.findall(r"manage\.py (\w+)", text))
    assert commands <= set(get_commands()) | own_commands()
    assert set(re.findall(r"`make ([\w-]+)`", text)) <= targets()


def test_every_command_is_documented() -> None:
    page = read("docs/reference/commands.md")
    assert {name for name in own_commands() if f"manage.py {name}" not in page} == set()
    assert {name for name in targets() if f"make {name}" not in page} == set()


def test_every_setting_is_documented_with_the_value_of_the_example() -> None:
    lines = [line for line in read(".env.example").splitlines() if line and not line.startswith("#")]
    example = dict(line.split("=", 1) for line in lines)
    rows = re.findall(r"(?m)^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", read("docs/reference/settings.md"))
    assert dict(rows) == example


@pytest.mark.parametrize("command", DRAWN)
def test_drawn_pages_are_up_to_date(command: str) -> None:
    """After a change of a lifecycle or a permission: manage.py draw_lifecycles, manage.py permission_matrix."""
    call_command(command, check=True, stdout=StringIO())


def rooms() -> set[str]:
    """Every room that exists: a package of an app that has rooms."""
    return {
        f"{app}/{path.parent.name}/"
        for app in ROOMED
        for path in (ROOT / app).glob("*/__init__.py")
        if path.parent.name not in NO_ROOMS
    }


def test_the_maps_show_every_room_and_no_other() -> None:
    page = read("docs/architecture.md")
    table = page.partition("## The rooms")[2].partition("\n## ")[0]
    assert set(re.findall(r"(?m)^\| `([\w/]+)` \|", table)) == rooms()
    short = read("README.md").partition("## A map of the house")[2].partition("\n## ")[0]
    for app in ROOMED:
        row = re.search(rf"(?m)^\| `{app}` \| (.+) \|$", short)
        assert row, app
        told = {part.split()[0] for part in row[1].split(" · ")}
        assert told == {room.split("/")[1] for room in rooms() if room.startswith(f"{app}/")}


def test_the_tutorial_names_buttons_and_addresses_that_exist() -> None:
    """Words in 「」 stand in the code or a template; addresses answer."""
    page = read("docs/tutorial.md")
    folders = [ROOT / app for app in APPS] + [ROOT / "templates"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".html"}]
    spoken = "\n".join(path.read_text("utf-8") for path in files)
    assert [word for word in set(re.findall(r"「(.+?)」", page)) if word not in spoken] == []
    for address in set(re.findall(r"`(/[\w/]*)`", page)):
        resolve(address)


def test_the_decisions_are_listed_and_have_their_four_parts() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    parts = ["Situation", "Choice", "What else was weighed", "What would change our mind"]
    for page in sorted(folder.glob("[0-9]*.md")):
        text = page.read_text("utf-8")
        assert re.findall(r"(?m)^## (.+)$", text) == parts, page.name
        assert text.startswith(f"# {page.name[:4]} · "), page.name
        assert f"({page.name})" in index, page.name


def test_decisions_that_the_code_names_exist() -> None:
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            for name in re.findall(r"decisions/(\d{4}-[\w-]+\.md)", path.read_text("utf-8")):
                assert (ROOT / "docs" / "decisions" / name).is_file(), f"{path.relative_to(ROOT)} names {name}"


def test_the_log_ins_of_the_readme_are_those_of_the_demonstration() -> None:
    told = read("README.md").partition("## Log-ins")[2].partition("\n## ")[0]
    tree = ast.parse(read("demo/people.py"))
    people = next(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "PEOPLE"
    )
    assert isinstance(people, ast.Dict)
    logins = {key.value for key in people.keys if isinstance(key, ast.Constant)}
    rows = re.findall(r"(?m)^\| (`.+?) \|", told)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named <= logins
    assert {"buyer", "leader", "admin", "provider1", "expert5"} <= named


def test_glossary_names_every_role() -> None:
    from accounts.roles import ROLES

    page = read("docs/glossary.md")
    assert [role for role, label in ROLES.items() if f"| {label} | `{role}` |" not in page] == []


def test_every_address_and_verb_has_a_row_in_the_written_tables() -> None:
    """docs/reference/address-table.csv and permission-table.csv are held to by tests/test_permissions.py."""
    addresses, known = {row["address"] for row in rows_of("address-table.csv")}, routes()
    advice = "docs/reference/address-table.csv, written from the duties like the rows beside it; then RECORD=1 pytest tests/test_permissions.py -k prints"
    assert sorted(known - addresses) == [], f"addresses without a row: add one a method to {advice}"
    assert sorted(addresses - known) == [], f"rows whose address is gone: take them out of {advice}"
    verbs = {row["verb"] for row in rows_of("permission-table.csv")}
    steps = {f"{line.name.rpartition('.')[2]}.{step.verb}" for line in lifecycles() for step in line.steps}
    assert sorted(steps ^ verbs) == [], (
        "verbs without a row in docs/reference/permission-table.csv, or rows without a verb"
    )

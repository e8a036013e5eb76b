"""The house's rules that no linter knows: read from the syntax tree, from Django's model table and from the folders."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

from core.aggregates import Aggregate, Journaled
from core.lifecycle import Lifecycle
from core.pages import OTHER_VERBS

ROOT = Path(settings.BASE_DIR)
FLOORS = ["core", "accounts", "catalog", "procurement", "evaluation", "audit", "portal"]
ROOMS = {
    "accounts": ["regions", "users", "organizations", "memberships", "authenticators", "tokens", "experts", "pledges"],
    "catalog": ["categories", "items"],
    "procurement": [
        "rules",
        "notices",
        "budgets",
        "projects",
        "orders",
        "bids",
        "panels",
        "reviews",
        "awards",
        "challenges",
        "texts",
        "contracts",
        "activities",
        "expenses",
        "inspections",
        "opinions",
        "acceptances",
        "amendments",
        "settlements",
        "payments",
        "final_accounts",
    ],
    "evaluation": ["frameworks", "assessments", "incentives"],
    "audit": ["archive", "engagements", "risks", "tracing"],
}


def sources(*apps_: str) -> Iterator[tuple[Path, ast.Module]]:
    for app in apps_ or FLOORS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text("utf-8"))


def aggregates() -> list[type[Aggregate]]:
    return [model for model in apps.get_models() if issubclass(model, Aggregate)]


def lifecycles() -> list[Lifecycle]:
    return list({model.lifecycle.name: model.lifecycle for model in aggregates()}.values())


def test_one_line_writes_a_status() -> None:
    """No assignment to .status, no update(status=…), no create(status=…) outside core/lifecycle.py."""
    found = []
    for path, tree in sources():
        if path == ROOT / "core" / "lifecycle.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(t, ast.Attribute) and t.attr == "status" for t in targets):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                writes = {"update", "create", "bulk_create", "get_or_create", "update_or_create", "setattr"}
                if node.func.attr in writes and any(k.arg == "status" for k in node.keywords):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    # catalog.Category.status is the source's own word for how far a code was verified, no lifecycle.
    assert [f for f in found if not f.startswith("catalog/categories/")] == []


def test_foreign_keys_point_down_and_protect() -> None:
    """A key to a later room or floor would climb the stairs unseen by the linter."""
    order = [f"{app}.{room}" for app in ROOMS for room in ROOMS[app]]
    wrong = []
    for model in apps.get_models():
        here = ".".join(model.__module__.split(".")[:2])
        if here not in order:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, models.ForeignKey):
                continue
            there = ".".join(field.related_model.__module__.split(".")[:2])
            if there in order and order.index(there) > order.index(here):
                wrong.append(f"{model.__name__}.{field.name} climbs to {there}")
            if there != here and field.remote_field.on_delete is not models.PROTECT:
                wrong.append(f"{model.__name__}.{field.name} does not PROTECT across rooms")
    assert wrong == []


def test_core_has_no_key_to_any_app() -> None:
    for model in apps.get_app_config("core").get_models():
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey):
                assert field.related_model._meta.app_label == "core", f"{model.__name__}.{field.name}"


def test_every_step_of_every_table_resolves() -> None:
    """Operation and form are dotted paths; permission is a predicate; source and target are states of the table."""
    for lifecycle in lifecycles():
        for step in lifecycle.steps:
            place = f"{lifecycle.name}.{step.verb}"
            assert set(step.source) <= set(lifecycle.statuses), place
            assert not step.target or step.target in lifecycle.statuses, place
            assert callable(step.permission), place
            if step.operation:
                assert callable(import_string(step.operation)), place
            if step.form:
                import_string(step.form)
            assert step.operation or not step.listed, f"{place} is listed but does nothing"


def test_every_state_can_be_reached_and_tells_who_brings_it_there() -> None:
    for lifecycle in lifecycles():
        # A judgement may end in another state than its step's first target; such targets have an unlisted step.
        reached = {lifecycle.initial} | {step.target for step in lifecycle.steps if step.target}
        assert set(lifecycle.statuses) == reached, lifecycle.name
        for name, status in lifecycle.statuses.items():
            assert status.note, f"{lifecycle.name}: who brings it to {name}?"


def test_verbs_and_journal_names_are_unique() -> None:
    for lifecycle in lifecycles():
        verbs = [step.verb for step in lifecycle.steps]
        assert len(verbs) == len(set(verbs)), lifecycle.name
    names = [m.journal_name for m in apps.get_models() if issubclass(m, Journaled)]
    assert len(names) == len(set(names))


def test_operations_never_see_a_request() -> None:
    for path, tree in sources():
        if path.name not in {"operations.py", "queries.py", "lifecycle.py"}:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                banned = ("django.http", "django.contrib.messages", "rest_framework", "celery", "weasyprint")
                allowed = {"Http404"} if path.match("portal/public/queries.py") else set()
                if node.module.startswith(banned) and {n.name for n in node.names} - allowed:
                    pytest.fail(f"{path.relative_to(ROOT)} imports {node.module}")


def test_nobody_reads_the_wall_clock() -> None:
    """All decisions use core.clock; timezone.now, datetime.now and date.today are its business alone."""
    found = []
    for path, tree in sources():
        if path == ROOT / "core" / "clock.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                text = ast.unparse(node.func)
                if text in {"timezone.now", "datetime.now", "date.today", "datetime.today", "datetime.utcnow"}:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def test_no_room_is_a_lumber_room() -> None:
    banned = {"utils", "helpers", "common", "manager", "managers", "services", "service", "misc", "tools", "shared"}
    wrong = [
        str(path.relative_to(ROOT)) for path, _tree in sources() if path.stem in banned or path.parent.name in banned
    ]
    assert wrong == []


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path, tree in sources()
        if path.name == "__init__.py" and "management" not in path.parts and not ast.get_docstring(tree)
    ]
    assert silent == []


def test_the_app_s_models_module_re_exports_its_rooms() -> None:
    for app, rooms in ROOMS.items():
        exported = set(import_module(f"{app}.models").__all__)
        for room in rooms:
            module = import_module(f"{app}.{room}.models")
            own = {
                name
                for name, value in vars(module).items()
                if isinstance(value, type)
                and issubclass(value, models.Model)
                and not value._meta.abstract
                and value.__module__ == module.__name__
            }
            assert own <= exported, f"{app}.{room}: {own - exported}"


def test_the_room_contract_lists_every_room() -> None:
    with (ROOT / "pyproject.toml").open("rb") as stream:
        contracts = tomllib.load(stream)["tool"]["importlinter"]["contracts"]
    listed = set(next(c for c in contracts if c["id"] == "room")["containers"])
    there = {f"{app}.{room}" for app in ROOMS for room in ROOMS[app] if (ROOT / app / room).is_dir()}
    assert there <= listed, there - listed


def test_templates_carry_no_inline_style_or_script() -> None:
    """CSP forbids both; PDF templates are no pages but keep to it too."""
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        text = path.read_text("utf-8")
        if re.search(r"\sstyle=[\"']", text) or re.search(r"\son[a-z]+=[\"']", text):
            wrong.append(str(path.relative_to(ROOT)))
        if re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*[^<\s{]", text) or "<style" in text:
            wrong.append(str(path.relative_to(ROOT)))
    assert wrong == []


def test_every_journaled_verb_has_its_chinese_word() -> None:
    """What is written by journal.record beside the lifecycles is told in Chinese on the page's 经过."""
    verbs = {
        node.args[1].value
        for _path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("journal.record")
        and len(node.args) > 1
        and isinstance(node.args[1], ast.Constant)
    }
    assert len(verbs) > 10
    assert verbs - set(OTHER_VERBS) == set()

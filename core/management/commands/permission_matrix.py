"""docs/reference/permissions.md: every predicate with the verbs it guards and the roles it names (权限一览)."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings

from core.management.drawn_pages import DrawnPage, cell, lifecycles

HEAD = """# Permissions (权限)

Drawn from the code by `manage.py permission_matrix`; do not edit. A predicate says *who*, never *when*: when is the lifecycle's business
([lifecycles](../lifecycles.md)). The pages, the API and the operations ask the same predicate, and none of them makes a query.

*Roles* are those that the predicate itself names (words in the [glossary](../glossary.md#roles-角色)); the sentence beside
them says which organization they must act for and who is left out. Separation of duties within one case (不相容岗位) comes on top: `core/separation.py`.
A system administrator holds no business role; `is_superuser` gives no verb.
"""

Predicate = Callable[..., bool]


class Command(DrawnPage):
    """List every permission predicate from the code in docs/reference/permissions.md."""

    help = __doc__ or ""
    page = "docs/reference/permissions.md"

    def draw(self) -> str:
        verbs = guarded_verbs()
        lines = [HEAD]
        for module in modules():
            found = list(predicates(module))
            if found:
                lines += [f"## `{module.__name__}`", "", "| predicate | roles | says | verbs |", "|---|---|---|---|"]
                lines += [row(each, verbs[each.__module__, each.__name__]) for each in found]
                lines.append("")
        return "\n".join(lines)


def modules() -> Iterator[ModuleType]:
    """The permission modules of our apps; of a package those of the rooms, in the order in which a case meets them."""
    met = list(dict.fromkeys(step.permission.__module__ for each in lifecycles() for step in each.steps))
    for config in apps.get_app_configs():
        if importlib.util.find_spec(f"{config.name}.permissions") is None or not is_ours(config):
            continue
        package = importlib.import_module(f"{config.name}.permissions")
        yield package
        names = [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(getattr(package, "__path__", []))]
        names.sort(key=lambda name: (met.index(name) if name in met else len(met), name))
        yield from map(importlib.import_module, names)


def is_ours(config: AppConfig) -> bool:
    """Whether an app lies in this repository."""
    return Path(config.path).parent == Path(settings.BASE_DIR)


def predicates(module: ModuleType) -> Iterator[Predicate]:
    """The module's own `can_…` functions, in the order in which they stand in the file."""
    for name, value in vars(module).items():
        if name.startswith("can_") and inspect.isfunction(value) and value.__module__ == module.__name__:
            yield value


def guarded_verbs() -> dict[tuple[str, str], list[str]]:
    """Predicate -> the verbs whose steps name it, as "order.publish 发布"."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for lifecycle in lifecycles():
        for step in lifecycle.steps:
            key = (step.permission.__module__, step.permission.__name__)
            found[key].append(f"`{lifecycle.name.rpartition('.')[2]}.{step.verb}` {step.label}")
    return found


def roles_named(predicate: Predicate, seen: frozenset[str] = frozenset()) -> list[str]:
    """The roles that a predicate asks for: what it hands to `has` and `works_for`, itself or through another predicate."""
    roles: list[str] = []
    around = vars(inspect.getmodule(predicate))
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(predicate)))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"has", "works_for"}:
            for given in node.args:
                roles += _words(given, around)
        elif isinstance(node.func, ast.Name) and node.func.id.startswith("can_") and node.func.id not in seen:
            roles += roles_named(around[node.func.id], seen | {predicate.__name__})
    return list(dict.fromkeys(roles))


def _words(given: ast.expr, around: dict[str, Any]) -> list[str]:
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return [given.value]
    if isinstance(given, ast.Starred) and isinstance(given.value, ast.Name):
        return list(around[given.value.id])
    return []


def row(predicate: Predicate, verbs: list[str]) -> str:
    """One predicate as a row of the table."""
    roles = ", ".join(f"`{role}`" for role in roles_named(predicate)) or "–"
    says = cell(" ".join((inspect.getdoc(predicate) or "").split()))
    return f"| `{predicate.__name__}` | {roles} | {says} | {'<br>'.join(verbs) or '–'} |"

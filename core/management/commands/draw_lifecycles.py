"""docs/lifecycles.md: a diagram and a table for every lifecycle (生命周期图)."""

from __future__ import annotations

from collections.abc import Iterator

from core.lifecycle import Lifecycle, Step
from core.management.drawn_pages import DrawnPage, cell, first_line, lifecycles

HEAD = """# Lifecycles (生命周期)

Drawn from the tables in the rooms' `lifecycle.py` by `manage.py draw_lifecycles`; do not edit. One function,
`core.lifecycle.advance`, takes these steps, and no other line of the platform writes a status.

*Who* names the predicate of the permission ([permissions](reference/permissions.md)). *Asks* says how much the page asks before it
does the deed: `none` nothing, `ask` a confirmation, `type` a typed one; `+ reason` a written reason, `+ password` the log-in
password again. Steps without a button stand here too: some are taken on a page of their own, the others follow from another verb, from
the news of another stage, or from the clock.
"""


class Command(DrawnPage):
    """Draw every lifecycle from the code into docs/lifecycles.md."""

    help = __doc__ or ""
    page = "docs/lifecycles.md"

    def draw(self) -> str:
        found = lifecycles()
        index = "\n".join(f"- [{each.label} · `{each.name}`](#{anchor(each)})" for each in found)
        return "\n".join([HEAD, index, "", *(line for each in found for line in section(each))])


def anchor(lifecycle: Lifecycle) -> str:
    """The heading's anchor, set by hand: renderers do not agree about Chinese."""
    return lifecycle.name.replace(".", "-").replace("_", "-")


def section(lifecycle: Lifecycle) -> Iterator[str]:
    """One lifecycle: heading, diagram, its states, its steps."""
    yield f'<a id="{anchor(lifecycle)}"></a>'
    yield ""
    yield f"## {lifecycle.label} · `{lifecycle.name}`"
    yield ""
    yield "```mermaid"
    yield from diagram(lifecycle)
    yield "```"
    yield ""
    yield "| status | word | who brings it there |"
    yield "|---|---|---|"
    for name, status in lifecycle.statuses.items():
        end = " · an end" if status.end else ""
        yield f"| `{name}` | {status.label} | {cell(status.note)}{end} |"
    yield ""
    yield "| verb | button | from | to | who | asks |"
    yield "|---|---|---|---|---|---|"
    for step in lifecycle.steps:
        yield row(step)
    yield ""


def diagram(lifecycle: Lifecycle) -> Iterator[str]:
    """A Mermaid state diagram; steps that stay in their state stand in the table alone."""
    yield "stateDiagram-v2"
    for name, status in lifecycle.statuses.items():
        yield f'    state "{status.label}" as {state(name)}'
    yield f"    [*] --> {state(lifecycle.initial)}"
    for step in lifecycle.steps:
        for source in step.source:
            if step.target not in {"", source}:
                yield f"    {state(source)} --> {state(step.target)} : {step.label}"
    for name, status in lifecycle.statuses.items():
        if status.end:
            yield f"    {state(name)} --> [*]"


def state(name: str) -> str:
    """A state's name in the diagram, apart from Mermaid's own words (end, state, note)."""
    return f"s_{name}"


def row(step: Step) -> str:
    """One step as a row of the table."""
    target = f"`{step.target}`" if step.target else "stays"
    asks = step.weight + (" + reason" if step.reason else "") + (" + password" if step.password else "")
    who = f"`{step.permission.__name__}`: {cell(first_line(step.permission))}"
    if not step.listed:
        who, asks = (
            f"{who} *{'On a page of its own' if step.operation else 'Follows from another step or the clock'}.*",
            "–",
        )
    sources = ", ".join(f"`{source}`" for source in step.source)
    return f"| `{step.verb}` | {step.label} | {sources} | {target} | {who} | {asks} |"

"""Large databases (大库) in minutes: the rows of walked cases copied by INSERT … SELECT, each copy whole and consistent.

A copy has keys, numbers, days and a journal of its own that verifies, and money that adds up: a block of cases shares one copied
budget line whose sums are those of its cases. Files, people, catalogue and messages are shared with the original.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from accounts.organizations.models import Organization
from core.aggregates import Journaled
from core.money import to_fen
from core.separation import DutyRecord
from procurement.acceptances.models import AcceptanceLine, AcceptanceMember, StandardResult
from procurement.bids.models import BidLine
from procurement.budgets.models import Allocation, BudgetLine
from procurement.contracts.models import ContractStandard
from procurement.notices.models import Notice
from procurement.orders.models import Criterion, MilestonePlan, OrderStandard, QualificationRule
from procurement.projects.models import Project
from procurement.reviews.models import Check, Score
from procurement.settlements.models import SettlementLine
from tests.benchmarks.chains import Copy, head_of, templates, wait_for_leaves, write_chains
from tests.benchmarks.dialect import STRIDE, Dialect, copied
from tests.benchmarks.walks import WALKS
from tests.cast import Cast

Rows = dict[type[models.Model], set[Any]]
PROVIDERS = ("provider1", "provider2", "provider3", "provider4")
BLOCKS_OF_A_PARTY = 5
"""After so many blocks other providers bid: a provider's own list does not grow with the platform."""
UNION_EVERY, YEARS = 9, 10
"""One block in nine is another buyer's; the blocks' lines go round through ten years."""
FAR, DETAILED = 10**9, 1_000
"""Only so many copies have the parts of their parts: nothing asks for these but by the one case they belong to."""
DETAILS = {
    *(AcceptanceLine, AcceptanceMember, BidLine, Check, ContractStandard, Criterion, DutyRecord, MilestonePlan),
    *(OrderStandard, QualificationRule, Score, SettlementLine, StandardResult),
}
KEYED = re.compile(r"(?:[a-z_.]+:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
LINE, PARTY = "line", "party"


@dataclass
class Population:
    """What is copied: the walked cases with all their rows, and the line.

    shares  how many cases of each kind a block has;  recent: in so many blocks, while all others are history and have ended
    blocks  how many blocks of copies there are already
    """

    cast: Cast
    line: BudgetLine
    cases: Mapping[str, Project]
    shares: Mapping[str, int] = field(default_factory=lambda: {walk.name: walk.share for walk in WALKS})
    recent: int = 50
    blocks: int = 0

    def __post_init__(self) -> None:
        self.dialect = Dialect()
        self.rows = {name: rows_of(case) for name, case in self.cases.items()}
        providers = [self.cast.organizations[key].pk for key in PROVIDERS]
        self.rows |= {LINE: {BudgetLine: {self.line.pk}}, PARTY: {Organization: set(providers)}}
        self.keys = {name: {str(pk) for pks in rows.values() for pk in pks} for name, rows in self.rows.items()}
        self.days = {walk.name: walk.days for walk in WALKS} | {LINE: 1, PARTY: 1}

    @property
    def ended(self) -> dict[str, int]:
        """A block of history: every fourth case was delivered and paid, the others failed."""
        size = sum(self.shares.values())
        return {"closed": size // 4, "cancelled": size - size // 4}

    @property
    def orders(self) -> int:
        """How many orders there are."""
        return len(self.cases) + self.blocks * sum(self.shares.values())

    def copy_of(self, name: str) -> Project:
        """The first copy of this case."""
        names = list(self.shares)
        n = sum(self.shares[other] for other in names[: names.index(name)]) + 1
        return Project.objects.get(pk=copied(str(self.cases[name].pk), n))

    def grow(self, orders: int, *, unchecked: bool = False) -> int:
        """Copy until there are at least so many orders, in whole blocks; returns how many rows were made.

        unchecked  leave foreign keys unlooked at, as a restore does; a superuser's right on PostgreSQL
        """
        size = sum(self.shares.values())
        last = -(-(orders - len(self.cases)) // size)
        connection.ensure_connection()
        self.dialect.prepare()
        with transaction.atomic(), self.dialect.unchecked(unchecked):
            plan = self._plan(range(self.blocks + 1, last + 1), size)
            self._note(plan)
            made = 0
            for name, rows in self.rows.items():
                made += self._chains(name, [copy for kind, copy in plan if kind == name])
                made += sum(self._insert(name, model, pks) for model, pks in rows.items())
            wait_for_leaves()
        self.blocks = last
        self.dialect.settle({model for rows in self.rows.values() for model in rows})
        return made

    def _plan(self, blocks: range, size: int) -> list[tuple[str, Copy]]:
        plan = []
        for block in blocks:
            party = block // BLOCKS_OF_A_PARTY
            plan.append((LINE, Copy(block, block, party, 0)))
            if block % BLOCKS_OF_A_PARTY == 0:
                plan.append((PARTY, Copy(party, block, party, 0)))
            shares = self.shares if block <= self.recent else self.ended
            names = [name for name, share in shares.items() for _n in range(share)]
            for n, name in enumerate(names, (block - 1) * size + 1):
                day = n * 7919 % self.days[name]
                plan.append((name, Copy(n, block, party, day * 1440 + n % 600)))
        return plan

    def _note(self, plan: list[tuple[str, Copy]]) -> None:
        """The plan as a temporary table, one row a copy."""
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS copying")
            cursor.execute(
                "CREATE TEMPORARY TABLE copying (kind VARCHAR(24), n INTEGER, block INTEGER, party INTEGER, "
                "other INTEGER, minutes INTEGER)"
            )
        rows = ((kind, c.n, c.block, c.party, int(c.block % UNION_EVERY == 0), c.minutes) for kind, c in plan)
        self.dialect.load("copying", ("kind", "n", "block", "party", "other", "minutes"), rows)

    def _chains(self, name: str, copies: list[Copy]) -> int:
        """The journals of everything that is copied under this name."""
        objects = [
            f"{model.journal_name}:{pk}"
            for model, pks in self.rows[name].items()
            if issubclass(model, Journaled)
            for pk in pks
        ]
        own, lines, parties = self.keys[name], self.keys[LINE], self.keys[PARTY]

        def rename(key: str, copy: Copy) -> str:
            if key in own:
                return copied(key, copy.n)
            return copied(key, copy.block if key in lines else copy.party if key in parties else 0)

        return write_chains(self.dialect, templates(objects), copies, rename)

    def _insert(self, name: str, model: type[models.Model], pks: set[Any]) -> int:
        """Copy these rows as often as the plan says."""
        fields = model._meta.concrete_fields
        originals = list(model._base_manager.filter(pk__in=pks))
        chosen = [self._value(name, model, each, originals) for each in fields]
        quote = connection.ops.quote_name
        columns = ", ".join(quote(each.column) for each in fields)
        keys = ", ".join(["%s"] * len(pks))
        pk = model._meta.pk
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {', '.join(chosen)} "
                f"FROM copying c, {quote(model._meta.db_table)} s "
                f"WHERE c.kind = %s AND c.n <= %s AND s.{quote(pk.column)} IN ({keys})",
                [name, DETAILED if model in DETAILS else FAR, *(pk.get_db_prep_value(key, connection) for key in pks)],
            )
            return int(cursor.rowcount)

    def _value(self, name: str, model: type[models.Model], each: Any, originals: list[Any]) -> str:
        """SQL: what stands in this column of a copy."""
        column = f"s.{connection.ops.quote_name(each.column)}"
        if special := self._special(model, each, column):
            return special
        if isinstance(each, models.JSONField | models.BinaryField):
            return column
        values = {value for row in originals if (value := getattr(row, each.attname)) not in (None, "")}
        if each.primary_key or each.is_relation:
            return self._reference(name, each, column, values)
        if isinstance(each, models.DateField):
            return self.dialect.earlier(column, each)
        if isinstance(each, models.CharField):
            found = [match[1] for value in values if (match := KEYED.fullmatch(str(value)))]
            if found and set(found) <= self.keys[name]:
                return self.dialect.keyed(column, "c.n")
            if each.name in _once(model) and not each.choices:
                return self.dialect.renewed(column, max((len(v) for v in values), default=0), each.max_length or 0)
        if isinstance(each, models.IntegerField) and each.unique:
            return f"{column} + CAST(c.n AS BIGINT) * {STRIDE}"
        return column

    def _special(self, model: type[models.Model], each: Any, column: str) -> str:
        """The head of a chain; the year and the sums of a line."""
        if each.name == "audit_head" and issubclass(model, Journaled):
            return head_of(self.dialect.key("s.id", "c.n"), model.journal_name, "s.audit_n")
        if model is not BudgetLine:
            return ""
        recent, past = self._planned(self.shares), self._planned(self.ended)
        approved = max(recent, past) * 5 // 4
        sums = dict.fromkeys(("requested_amount", "approved_amount", "original_amount"), str(approved))
        planned = f"CASE WHEN c.block <= {self.recent} THEN {recent} ELSE {past} END"
        return (sums | {"fiscal_year": f"{column} - c.block %% {YEARS}", "planned_amount": planned}).get(each.name, "")

    def _planned(self, shares: Mapping[str, int]) -> int:
        """What the cases of a block have planned on their line, in fen."""
        rows = Allocation.objects.filter(line=self.line)
        cases = {str(self.cases[name].pk): share for name, share in shares.items()}
        return sum(cases[row.case] * to_fen(row.planned_amount) for row in rows.filter(case__in=cases))

    def _reference(self, name: str, each: Any, column: str, values: set[Any]) -> str:
        """A key: of the copy itself, of its line, its buyer or provider, or shared with the original."""
        target = each.related_model if each.is_relation else each.model
        pks = self.rows[name].get(target, set())
        if values and values <= pks:
            if isinstance(target._meta.pk, models.AutoField):
                return f"{column} + CAST(c.n AS BIGINT) * {STRIDE}"
            return self.dialect.key(column, "c.n")
        assert not values & pks, f"{each} points both to what is copied and to what is not"
        if target is BudgetLine:
            return self.dialect.key(column, "c.block")
        if target is Organization:
            return self._organization(column)
        return column

    def _organization(self, column: str) -> str:
        pk = Organization._meta.pk
        literal = {
            key: f"'{pk.get_db_prep_value(self.cast.organizations[key].pk, connection)}'"
            for key in (*PROVIDERS, "buyer", "union")
        }
        providers = ", ".join(literal[key] for key in PROVIDERS)
        return (
            f"CASE WHEN {column} IN ({providers}) THEN {self.dialect.key(column, 'c.party')} "
            f"WHEN {column} = {literal['buyer']} AND c.other = 1 THEN {literal['union']}{self.dialect.cast} "
            f"ELSE {column} END"
        )


def rows_of(case: Project) -> Rows:
    """Everything that hangs on a case: what points to it or to its parts, and the notices that its parts point to."""
    found: Rows = {Project: {case.pk}}
    found[Allocation] = set(Allocation.objects.filter(case=str(case.pk)).values_list("pk", flat=True))
    found[DutyRecord] = set(DutyRecord.objects.filter(case_key=str(case.pk)).values_list("pk", flat=True))
    kinds = [model for app in ("procurement", "evaluation") for model in apps.get_app_config(app).get_models()]
    grown = True
    while grown:
        before = sum(len(pks) for pks in found.values())
        for model in kinds:
            for each in model._meta.concrete_fields:
                if each.is_relation and each.related_model in found:
                    rows = model._base_manager.filter(**{f"{each.name}__in": found[each.related_model]})
                    found.setdefault(model, set()).update(rows.values_list("pk", flat=True))
                if each.related_model is Notice and found.get(model) and model is not Notice:
                    rows = model._base_manager.filter(pk__in=found[model]).exclude(**{each.name: None})
                    found.setdefault(Notice, set()).update(rows.values_list(each.name, flat=True))
        grown = sum(len(pks) for pks in found.values()) > before
    return {model: pks for model, pks in found.items() if pks}


def _once(model: type[models.Model]) -> set[str]:
    """The names of the fields that, alone or with others, must not be there twice."""
    names = {each.name for each in model._meta.concrete_fields if each.unique}
    for rule in model._meta.constraints:
        if isinstance(rule, models.UniqueConstraint):
            names.update(rule.fields)
    return names

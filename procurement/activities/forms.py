"""Forms of the activity (活动): the plan, and the record that is made on a phone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Sum
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from core import clock
from core.documents import IMAGES
from core.forms import FilesFormField, VerbForm
from procurement.activities.facts import said_and_seen, staff_of
from procurement.activities.models import Activity
from procurement.activities.operations import MAX_PHOTOS, Heads
from procurement.activities.queries import leads_of, places_of, signed_in, to_verify
from procurement.contracts.models import Contract
from procurement.rules.queries import parameter

MINUTES = (30, 60, 90, 120, 180, 240, 300, 360, 480)
WEEKDAYS = [(str(n), f"周{word}") for n, word in enumerate("一二三四五六日")]


def day_field(label: str, **how: Any) -> forms.DateField:
    """A day, picked by the device's own calendar."""
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **how)


def time_field(label: str) -> forms.TimeField:
    """A time of day in Shanghai."""
    return forms.TimeField(label=label, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))


def head_field(label: str, least: int = 0, **how: Any) -> forms.IntegerField:
    """A number of heads, typed or stepped."""
    attrs = {"inputmode": "numeric", "autocomplete": "off", "min": least}
    return forms.IntegerField(
        label=label, min_value=least, max_value=1_000_000, widget=forms.NumberInput(attrs=attrs), **how
    )


class PlanForm(VerbForm):
    """A plan: what, for whom, where, when, who leads; and whether it repeats."""

    title = forms.CharField(label="名称", max_length=80)
    line: Any = forms.ModelChoiceField(label="合同明细", queryset=None, required=False, empty_label="不对应哪一项")
    kind = forms.ChoiceField(label="方法", choices=Activity.KINDS, widget=forms.RadioSelect, initial="activity")
    region: Any = forms.ModelChoiceField(label="街道社区", queryset=None, help_text="由这里的街道社区核实。")
    place = forms.CharField(label="地点", max_length=120)
    day = day_field("日期")
    begins = time_field("开始")
    ends = time_field("结束")
    last_day = day_field("结束日期", required=False, help_text="多天的活动才填。")
    segments = forms.CharField(label="服务对象", max_length=120, help_text="几类人用顿号隔开，记录时分类计数。")
    planned_people = head_field("预计人数", 1)
    capacity = head_field("场地容量", 1, required=False)
    minors = forms.BooleanField(label="有未成年人参加", required=False)
    is_trip = forms.BooleanField(label="外出活动", required=False, help_text="离开社区，要有本次的保险和应急预案。")
    staff: Any = forms.ModelMultipleChoiceField(
        label="带队人员", queryset=None, required=False, widget=forms.CheckboxSelectMultiple
    )
    plan = forms.CharField(label="内容", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    weekdays = forms.MultipleChoiceField(
        label="重复在", choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    repeat_until = day_field("重复到", required=False, help_text="每天供餐、每周小组一次排好，最多 120 场。")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        item = contract.award.lot.order.item
        chosen: dict[str, Any] = {
            "line": contract.lines.all(),
            "region": places_of(contract),
            "staff": staff_of(contract.provider_id),
        }
        for name, rows in chosen.items():
            field = self.fields[name]
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = rows
        label: Any = lambda line: f"{line.name}（{line.unit}）"  # noqa: E731
        self.fields["line"].label_from_instance = label  # type: ignore[attr-defined]
        for name, value in {"segments": item.segments, "minors": item.minors, "place": contract.place}.items():
            self.initial.setdefault(name, value)

    def clean(self) -> dict[str, Any]:
        """Fold day and times into two moments."""
        cleaned = super().clean() or {}
        day, last = cleaned.pop("day", None), cleaned.pop("last_day", None)
        begins, ends = cleaned.pop("begins", None), cleaned.pop("ends", None)
        if day and begins and ends:
            cleaned["starts_at"] = clock.local(datetime.combine(day, begins)).astimezone(UTC)
            cleaned["ends_at"] = clock.local(datetime.combine(last or day, ends)).astimezone(UTC)
            if cleaned["ends_at"] <= cleaned["starts_at"]:
                self.add_error("ends", _("结束要晚于开始。"))
        if "weekdays" in cleaned:
            cleaned["weekdays"] = [int(each) for each in cleaned["weekdays"]]
        return cleaned


class EditForm(PlanForm):
    """The same plan again, without repeats."""

    def __init__(self, *args: Any, thing: Activity, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, contract=thing.contract, **kwargs)
        for name in ("weekdays", "repeat_until"):
            del self.fields[name]
        start, end = clock.local(thing.starts_at), clock.local(thing.ends_at)
        now: dict[str, Any] = {
            name: getattr(thing, name)
            for name in ("title", "line", "kind", "region", "place", "segments", "planned_people", "capacity", "plan")
        }
        now |= {"minors": thing.minors, "is_trip": thing.is_trip, "day": start.date(), "begins": start.time()}
        now |= {"ends": end.time(), "last_day": end.date() if end.date() != start.date() else None}
        self.initial.update(now | {"staff": [each.staff_id for each in thing.staff.all()]})


class RecordForm(VerbForm):
    """The record, made in under a minute with one hand: pictures, heads by stepper, how it went."""

    template = "procurement/activities/record.html"

    outcome = forms.ChoiceField(
        label="今天怎么样", choices=Activity.OUTCOMES, widget=forms.RadioSelect, initial="smooth"
    )
    note = forms.CharField(
        label="补充一句", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="不写服务对象的真实姓名。",
    )  # fmt: skip
    volunteers = head_field("志愿者", required=False)
    volunteer_minutes = forms.TypedChoiceField(label="每人服务", coerce=int, required=False)
    captured_at = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)

    def __init__(self, *args: Any, thing: Activity, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.segments = thing.segment_list
        self.lines = list(thing.contract.lines.all())
        total, new = signed_in(thing)
        before = {each.segment: each for each in thing.counts.all()}
        units = {each.line_id: each.quantity for each in thing.units.all()}
        first = not Activity.objects.filter(
            contract=thing.contract_id, status__in=("recorded", "verified", "counted")
        ).exists()
        for n, segment in enumerate(self.segments, 1):
            old = before.get(segment)
            people = old.people if old else (total or thing.planned_people) if n == 1 else 0
            newcomers = old.newcomers if old else (new if total else people if first else 0) if n == 1 else 0
            self.fields[f"people_{n}"] = head_field(segment)
            self.fields[f"new_{n}"] = head_field(_("%(segment)s，其中第一次来") % {"segment": segment}, required=False)
            self.initial.update({f"people_{n}": people, f"new_{n}": newcomers})
            if thing.days > 1:
                hint = _("%(days)s 天的活动，同一人每天算一次。") % {"days": thing.days}
                label = _("%(segment)s，人次") % {"segment": segment}
                self.fields[f"times_{n}"] = head_field(label, required=False, help_text=hint)
                self.initial[f"times_{n}"] = old.person_times if old else people * thing.days
        for line in self.lines:
            mine = thing.line_id == line.pk
            self.fields[f"unit_{line.n}"] = head_field(line.name, required=False)
            self.initial[f"unit_{line.n}"] = units.get(line.pk, self._expected(line, thing, total) if mine else None)
        lasts = int((thing.ends_at - thing.starts_at) / timedelta(minutes=1))
        choices = sorted({*MINUTES, min(lasts, 24 * 60)})
        self.fields["volunteer_minutes"].choices = [(n, _minutes(n)) for n in choices]  # type: ignore[attr-defined]
        hands = thing.volunteers.first()
        self.initial.update(
            {
                "volunteers": hands.people if hands else 0,
                "outcome": thing.outcome or "smooth",
                "note": thing.note,
            }
        )
        self.initial["volunteer_minutes"] = hands.minutes if hands else min(lasts, 24 * 60)
        if thing.kind != "activity":
            work = getattr(thing, "work", None)
            for name, label, rows in (
                ("goal", _("目标"), 2),
                ("process", _("过程"), 5),
                ("result", _("成效与下一步"), 3),
            ):
                self.fields[f"work_{name}"] = forms.CharField(
                    label=label, max_length=3000 if name == "process" else 300 if name == "goal" else 1000,
                    required=thing.kind == "case" and name != "result", widget=forms.Textarea(attrs={"rows": rows}),
                    help_text=_("用编号，不写姓名。") if name == "process" else "",
                )  # fmt: skip
                self.initial[f"work_{name}"] = getattr(work, name, "")
        self.fields["photos"] = FilesFormField(label="现场照片", kinds=IMAGES, least=0, most=MAX_PHOTOS)
        self.fields["photos"].widget.attrs["capture"] = "environment"
        self.least_photos = 0 if thing.kind == "case" else int(parameter("activities.photos").value)
        self.kept_photos = thing.photos.count()
        self.signed_in = total
        self.name_fields()

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The steppers of each group: people, of them new, and 人次 where it lasts several days."""
        numbers = range(1, len(self.segments) + 1)
        return [
            {
                "people": self[f"people_{n}"],
                "new": self[f"new_{n}"],
                "times": self[f"times_{n}"] if f"times_{n}" in self.fields else None,
            }
            for n in numbers
        ]

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """The contract's lines with their fields, the planned one first."""
        rows = [{"line": line, "field": self[f"unit_{line.n}"]} for line in self.lines]
        return sorted(rows, key=lambda row: row["line"].pk != self.thing.line_id)

    @property
    def work_fields(self) -> list[Any]:
        """The fields of the professional record, where the method asks for one."""
        return [self[name] for name in ("work_goal", "work_process", "work_result") if name in self.fields]

    @staticmethod
    def _expected(line: Any, thing: Activity, signed: int) -> int:
        """What one session usually delivers of its line: one 场, or one unit a head."""
        return 1 if line.unit in {"场", "次", "个", "项"} else signed or thing.planned_people

    def clean(self) -> dict[str, Any]:
        """Fold the steppers into heads and units."""
        cleaned = super().clean() or {}
        counts, units, work = [], {}, {}
        for n, segment in enumerate(self.segments, 1):
            people = cleaned.pop(f"people_{n}", None) or 0
            newcomers = cleaned.pop(f"new_{n}", None) or 0
            times = cleaned.pop(f"times_{n}", None) or 0
            counts.append(Heads(segment, times or people, people, newcomers))
        for line in self.lines:
            quantity = cleaned.pop(f"unit_{line.n}", None)
            if quantity is not None:
                units[line.n] = quantity
        for name in ("goal", "process", "result"):
            text = cleaned.pop(f"work_{name}", "")
            if text:
                work[name] = text
        cleaned["volunteers"] = cleaned.get("volunteers") or 0
        cleaned["volunteer_minutes"] = cleaned.get("volunteer_minutes") or 0
        return cleaned | {"counts": counts, "units": units, "work": work or None}

    def clean_captured_at(self) -> datetime | None:
        """The device's moment, or None where it sent none or nonsense."""
        try:
            moment = parse_datetime(self.cleaned_data["captured_at"] or "")
        except ValueError:
            return None
        return moment if moment is not None and moment.tzinfo is not None else None


class VerifyForm(VerbForm):
    """The verifier's page: what they say beside what the platform sees, the leads, and one button."""

    template = "procurement/activities/verify.html"

    def __init__(self, *args: Any, thing: Activity, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        self.leads = leads_of(thing)
        self.pairs = said_and_seen(thing, self.leads)
        self.photos = [photo.document for photo in thing.photos.select_related("document")]
        self.units = list(thing.units.select_related("line").filter(quantity__gt=0))
        self.total = thing.counts.aggregate(times=Sum("person_times"))["times"] or 0
        self.waiting = to_verify(self.actor).count() if self.actor else 0


def _minutes(n: int) -> str:
    """ "1 小时 30 分" """
    hours, minutes = divmod(n, 60)
    parts = [_("%(n)s 小时") % {"n": hours}] if hours else []
    return " ".join([*parts, _("%(n)s 分") % {"n": minutes}] if minutes else parts)

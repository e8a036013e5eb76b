"""Forms of the archive (资料档案): a paper supplied or excused, the check, the hand-over, the receipt, longer keeping."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from audit.archive.disposal import MOST_YEARS
from audit.archive.models import ArchiveItem
from audit.archive.queries import items_of_provider
from audit.archive.supplying import MAX_FILES
from core import clock
from core.documents import SCANS
from core.forms import FileFormField, FilesFormField, VerbForm
from procurement.projects.models import Project


class OpenForm(VerbForm):
    """Which ended project gets its package."""

    project = forms.ModelChoiceField(label="项目", queryset=Project.objects.none(), empty_label="请选择")

    def __init__(self, *args: Any, projects: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = projects  # type: ignore[attr-defined]


class _ItemForm(VerbForm):
    """One item of the checklist."""

    states: tuple[str, ...] = ()
    item = forms.ChoiceField(label="材料")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.rows()
        self.fields["item"].choices = [  # type: ignore[attr-defined]
            ("", "请选择"),
            *((str(each.pk), f"{each.get_stage_display()} · {each}") for each in rows),
        ]

    def rows(self) -> QuerySet[ArchiveItem]:
        """The items to choose from."""
        return ArchiveItem.objects.filter(package=self.thing, state__in=self.states)


class SupplyForm(_ItemForm):
    """A paper as a scan."""

    states = (ArchiveItem.MISSING, ArchiveItem.EXCUSED, ArchiveItem.SUPPLIED, ArchiveItem.FOUND)
    papers = FilesFormField(
        label="文件", least=1, most=MAX_FILES, help_text="扫描件、PDF 或图片；原样保存，写入档案包。"
    )
    note = forms.CharField(label="说明", max_length=200, required=False, help_text="例如：原件存办公室，共 3 页。")


class HandInForm(SupplyForm):
    """A paper that the provider owes; thing is the contract."""

    def rows(self) -> QuerySet[ArchiveItem]:
        """What the archive asks of the provider."""
        return items_of_provider(self.thing)


class ExcuseForm(_ItemForm):
    """Why a paper is missing."""

    states = (ArchiveItem.MISSING,)


class CheckForm(VerbForm):
    """What the checker looked at."""

    opinion = forms.CharField(
        label="检查意见", max_length=400, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="写明抽看了哪些材料、结论是什么。",
    )  # fmt: skip


class HandOverForm(VerbForm):
    """To whom, when, how."""

    receiver = forms.CharField(label="接收单位", max_length=100)
    receiver_name = forms.CharField(label="接收人", max_length=64)
    handed_on = forms.DateField(label="移交日期", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    medium = forms.CharField(label="移交方式", max_length=100, help_text="例如：加密移动硬盘 1 个，当面拷贝。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("handed_on", f"{clock.today()}")


class RetainForm(VerbForm):
    """Where it lies, and the signed form."""

    location = forms.CharField(label="存放位置", max_length=120, help_text="例如：区档案馆 3 号库 12 架 2 层。")
    receipt = FileFormField(label="双方签字的移交表", kinds=SCANS, required=False, help_text="扫描件或照片。")


class ExtendForm(VerbForm):
    """How much longer."""

    years = forms.IntegerField(label="延长年数", min_value=1, max_value=MOST_YEARS, help_text="从今天起算。")

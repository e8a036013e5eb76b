"""What a room tells (给出什么): its objects as typed fields, the same for a program as the schema promises."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.actor import Actor
from core.lifecycle import Step
from core.money import MoneyField
from core.rooms import Room, rooms


class ThingSerializer(serializers.Serializer[Any]):
    """What every object says of itself; a room's own fields are added by `teller`."""

    room: Room

    id = serializers.UUIDField(help_text="永久标识")
    title = serializers.SerializerMethodField(help_text="名称")
    status_label = serializers.CharField(help_text="状态的中文名")
    version = serializers.IntegerField(help_text="版本；办理时放进 If-Match", min_value=1)

    @extend_schema_field(str)
    def get_title(self, thing: Any) -> str:
        """As the pages call it."""
        return str(self.room.title(thing))


def api_steps(room: Room) -> list[Step]:
    """The verbs that the API offers: those of the generic page."""
    return [step for step in room.model.lifecycle.steps if step.listed and step.operation and not step.own_page]


_tellers: dict[str, type[ThingSerializer]] = {}


def teller(room: Room) -> type[ThingSerializer]:
    """The serializer of a room, made once."""
    if room.slug not in _tellers:
        _tellers[room.slug] = _teller(room)
    return _tellers[room.slug]


def _teller(room: Room) -> type[ThingSerializer]:
    """The serializer of a room: the base, status and verbs with their closed lists, the buyer, the room's fields."""
    lifecycle = room.model.lifecycle
    statuses = [(name, status.label) for name, status in lifecycle.statuses.items()]
    verbs = [(step.verb, step.label) for step in api_steps(room)]
    common = [name for name in ("number", "buyer") if hasattr(room.model, name)]
    own: dict[str, Any] = {name: told_field(room.model, name) for name in (*common, *room.fields) if name != "id"}
    offered = serializers.SerializerMethodField(help_text="现在能办的动作：状态、角色和令牌都允许的")

    word = serializers.ChoiceField(choices=verbs) if verbs else serializers.CharField()

    @extend_schema_field(serializers.ListField(child=word))
    def get_verbs(serializer: ThingSerializer, thing: Any) -> list[str]:
        """The verbs that the state offers now and this person may do here."""
        actor: Actor = serializer.context["actor"]
        usable: Callable[[Step], bool] = serializer.context["usable"]
        return [step.verb for step in lifecycle.offered(thing, actor) if usable(step)]

    own |= {
        "status": serializers.ChoiceField(choices=statuses, source="shown_status", help_text="状态"),
        "verbs": offered,
        "get_verbs": get_verbs,
        "room": room,
        "__doc__": str(room.label),
    }
    return type(f"{camel(room.slug)}Serializer", (ThingSerializer,), own)


def camel(slug: str) -> str:
    """ "final-accounts" as "FinalAccounts"."""
    return "".join(part.title() for part in slug.split("-"))


def told_field(model: type[models.Model], name: str) -> serializers.Field[Any, Any, Any, Any]:
    """One attribute as a typed field. raises  TypeError for what is neither column nor property"""
    try:
        column: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return computed(model, name)
    kwargs: dict[str, Any] = {"allow_null": column.null, "read_only": True}
    if label := str(getattr(column, "verbose_name", "")):
        kwargs["help_text"] = label
    if isinstance(column, models.ForeignKey):
        named = str(column.verbose_name) != column.name.replace("_", " ")
        label = str(column.verbose_name) if named else next(r.label for r in rooms() if r.model is column.related_model)
        kwargs["help_text"] = _("%(label)s的永久标识") % {"label": label}
        return serializers.UUIDField(source=column.attname, **kwargs)
    if choices := list(getattr(column, "flatchoices", ())):
        blank = [("", "未定")] if getattr(column, "blank", False) or column.get_default() == "" else []
        return serializers.ChoiceField(choices=[*choices, *blank], **kwargs)
    if isinstance(column, MoneyField):
        return serializers.DecimalField(max_digits=18, decimal_places=2, coerce_to_string=True, **kwargs)
    if isinstance(column, models.DecimalField):
        digits: dict[str, Any] = {"max_digits": column.max_digits, "decimal_places": column.decimal_places}
        return serializers.DecimalField(**digits, coerce_to_string=True, **kwargs)
    for kind, field in PLAIN:
        if isinstance(column, kind):
            return field(**kwargs)
    raise TypeError(f"{model.__name__}.{name}: the API has no type for it")


# In this order: a moment is also a day to Django.
PLAIN: tuple[tuple[type[models.Field[Any, Any]], type[serializers.Field[Any, Any, Any, Any]]], ...] = (
    (models.BooleanField, serializers.BooleanField),
    (models.IntegerField, serializers.IntegerField),
    (models.UUIDField, serializers.UUIDField),
    (models.DateTimeField, serializers.DateTimeField),
    (models.DateField, serializers.DateField),
    (models.JSONField, serializers.JSONField),
    (models.CharField, serializers.CharField),
    (models.TextField, serializers.CharField),
)


def computed(model: type[models.Model], name: str) -> serializers.Field[Any, Any, Any, Any]:
    """A property by the type it says it gives: amounts and points as text with two decimals, words as they are."""
    found = getattr(model, name, None)
    if not isinstance(found, property) or found.fget is None:
        raise TypeError(f"{model.__name__}.{name}: neither column nor property")
    hint = get_type_hints(found.fget)["return"]
    kinds = set(get_args(hint) or (hint,))
    kwargs: dict[str, Any] = {"read_only": True, "allow_null": type(None) in kinds}
    if Decimal in kinds:
        return serializers.DecimalField(max_digits=18, decimal_places=2, coerce_to_string=True, **kwargs)
    return serializers.IntegerField(**kwargs) if int in kinds else serializers.CharField(**kwargs)

"""What a verb asks (要填什么): a form as JSON Schema, and JSON as what the form reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from core.forms import FilesFormField, VerbForm
from core.lifecycle import Step
from core.money import MoneyFormField

Schema = dict[str, Any]

# Carried by headers here, by hidden fields on a page.
BY_HEADER = {"version", "idempotency_key", "csrfmiddlewaretoken"}
MONEY = r"^-?\d{1,14}(\.\d{1,2})?$"
NUMBER = r"^-?\d+(\.\d+)?$"
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
WORDS = {"string": "文字", "integer": "整数", "boolean": "true 或 false", "array": "列表", "object": "一组字段"}


def form_class_of(step: Step) -> type[VerbForm]:
    """The form of a step; a plain confirmation has the base."""
    found: type[VerbForm] = import_string(step.form) if step.form else VerbForm
    return found


def asked(form: type[forms.Form], step: Step | None = None) -> tuple[Schema, bool]:
    """What a form asks whatever thing it is about, and whether files are among it.

    A form that makes fields of the thing's own rows is left open: the verb's GET tells them for one thing.
    """
    fields = {
        name: field
        for name, field in form.base_fields.items()
        if name not in BY_HEADER and (step is None or wanted(name, step))
    }
    own = form.__dict__.get("__init__") or any("__init__" in base.__dict__ for base in ours(form))
    return described(fields, tables=getattr(form, "tables", {}), step=step, closed=not own)


def ours(form: type[forms.Form]) -> list[type]:
    """The classes of a form above the house's base."""
    return [base for base in form.__mro__ if base.__module__.partition(".")[0] != "django" and base is not VerbForm]


def wanted(name: str, step: Step) -> bool:
    """Whether the step asks for what every verb's form could ask."""
    return {"reason": step.reason, "password": step.password}.get(name, True)


def asked_here(form: forms.BaseForm) -> Schema:
    """What a form asks about the very thing it was made for, with its choices and what stands there now."""
    fields = {name: field for name, field in form.fields.items() if name not in BY_HEADER}
    schema, _files = described(fields, tables=getattr(form, "tables", {}), step=None, closed=True, here=True)
    for name, part in schema["properties"].items():
        value = form.get_initial_for_field(form.fields[name], name) if name in form.fields else None
        if value not in (None, "", []) and "writeOnly" not in part:
            part["default"] = as_json(form.fields[name].prepare_value(value), part["type"])
    for rows in rows_of(form):
        part = schema["properties"][str(rows.prefix)]
        part["default"] = [
            {
                name: as_json(row[name], kind["type"])
                for name, kind in part["items"]["properties"].items()
                if name in row
            }
            for row in rows.initial or ()
        ]
    return schema


def rows_of(form: forms.BaseForm) -> list[forms.BaseFormSet[Any]]:
    """The tables of rows that stand in a form, each under its name."""
    kept = [value for held in vars(form).values() for value in (held.values() if isinstance(held, dict) else [held])]
    return [value for value in kept if isinstance(value, forms.BaseFormSet)]


def described(
    fields: Mapping[str, forms.Field],
    *,
    tables: Mapping[str, type[forms.Form]],
    step: Step | None,
    closed: bool,
    here: bool = False,
) -> tuple[Schema, bool]:
    """An object of these fields, and of rows below the tables' names."""
    properties = {name: property_of(field, here=here) for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.required or (step and name in {"reason", "password"})]
    for name, row in tables.items():
        properties[name] = {"type": "array", "items": described(row.base_fields, tables={}, step=None, closed=True)[0]}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": not closed}
    if required:
        schema["required"] = required
    return schema, any(is_file(field) for field in fields.values())


def is_file(field: forms.Field) -> bool:
    """Whether a field wants a file, which only multipart/form-data can bring."""
    return isinstance(field, forms.FileField)


def property_of(field: forms.Field, *, here: bool = False) -> Schema:
    """One field as JSON Schema: type, bounds, choices, the words beside it."""
    schema = shape_of(field, here=here)
    hint = str(field.help_text or "")
    if field.label:
        schema["title"] = str(field.label)
    if hint:
        schema["description"] = "\n".join(part for part in (schema.get("description", ""), hint) if part)
    return schema


def shape_of(field: forms.Field, *, here: bool) -> Schema:
    """The type of a field. here: choices may be read from the database."""
    if isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        return {"type": "array", "items": chosen(field, here=here)}
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        return chosen(field, here=here)
    return next((shape(field) for kind, shape in SHAPES if isinstance(field, kind)), None) or text_of(field)


def number_of(field: Any) -> Schema:
    """A whole number within its bounds."""
    bounds = {"minimum": field.min_value, "maximum": field.max_value}
    return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}


# In this order: a decimal field is an integer field to Django, a list of files a file.
SHAPES: tuple[tuple[type[forms.Field], Callable[[Any], Schema]], ...] = (
    (FilesFormField, lambda f: {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": f.most}),
    (forms.FileField, lambda f: {"type": "string", "format": "binary"}),
    (forms.BooleanField, lambda f: {"type": "boolean", **({"enum": [True]} if f.required else {})}),
    (MoneyFormField, lambda f: {"type": "string", "pattern": MONEY, "example": "298000.00"}),
    (forms.DecimalField, lambda f: {"type": "string", "pattern": NUMBER}),
    (forms.IntegerField, number_of),
    (forms.DateTimeField, lambda f: {"type": "string", "format": "date-time"}),
    (forms.DateField, lambda f: {"type": "string", "format": "date"}),
    (forms.TimeField, lambda f: {"type": "string", "pattern": CLOCK}),
    (forms.UUIDField, lambda f: {"type": "string", "format": "uuid"}),
)


def text_of(field: forms.Field) -> Schema:
    """A field of words."""
    schema: Schema = {"type": "string"}
    if field.required:
        schema["minLength"] = 1
    if longest := getattr(field, "max_length", None):
        schema["maxLength"] = longest
    if isinstance(field, forms.RegexField):
        schema["pattern"] = field.regex.pattern
    if isinstance(field.widget, forms.PasswordInput):
        schema |= {"format": "password", "writeOnly": True}
    return schema


def chosen(field: forms.Field, *, here: bool) -> Schema:
    """A choice: a closed list where it is the same for every thing, else a key that the verb's GET lists."""
    choices: list[tuple[str, str]] = []
    if here or not isinstance(field, forms.ModelChoiceField):
        choices = list(flat(getattr(field, "choices", ()) or ()))
    if not any(value for value, _label in choices):
        return {"type": "string"}
    words = "\n".join(f"* `{value}` {label}" for value, label in choices if value)
    listed = [value for value, _label in choices if value or not field.required]
    if not field.required and "" not in listed:
        listed.append("")
    return {"type": "string", "enum": listed, "description": words}


def flat(choices: Any) -> list[tuple[str, str]]:
    """Choices with their groups unfolded, as text."""
    found: list[tuple[str, str]] = []
    for value, label in choices:
        if isinstance(label, list | tuple):
            found += flat(label)
        else:
            found.append((str(value if value is not None else ""), str(label)))
    return found


def as_json(value: Any, kind: str) -> Any:
    """What stands in a field now, as it would be sent: a value of the type that the schema names."""
    if kind == "array":
        return [as_json(each, "string") for each in value]
    if kind in {"integer", "boolean"} or value is None:
        return value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def faults(body: Mapping[str, Any], schema: Schema, *, known: set[str] | None = None) -> dict[str, list[str]]:
    """What of a JSON body is of the wrong type or has no place; everything else the form itself says better.

    known  the fields of the form about this very thing, where the schema is open
    """
    found: dict[str, list[str]] = {}
    for name, value in body.items():
        part = schema["properties"].get(name)
        if part is None:
            if not schema["additionalProperties"] or (known is not None and name not in known):
                found[name] = [_("没有「%(name)s」这个字段。") % {"name": name}]
            elif not isinstance(value, str | int | bool | list | None):
                found[name] = [_("这一项要填文字、整数或列表。")]
        elif value is not None and not of_type(value, part):
            found[name] = [_("这一项要填%(word)s。") % {"word": WORDS[part["type"]]}]
        elif part["type"] == "array" and part["items"]["type"] == "object":
            for n, row in enumerate(value or ()):
                for field, lines in faults(row, part["items"]).items():
                    found[f"{name}-{n}-{field}"] = lines
        elif name in schema.get("required", ()) and value is None:
            found[name] = [_("这一项必须填。")]
    return found


def of_type(value: Any, part: Schema) -> bool:
    """Whether a value is of the type that its schema names."""
    if part["type"] == "array":
        return isinstance(value, list) and all(of_type(each, part["items"]) for each in value)
    kinds: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "object": dict}
    if part["type"] == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, kinds[part["type"]])


def typed(body: Mapping[str, Any], tables: Mapping[str, type[forms.Form]]) -> MultiValueDict[str, str]:
    """A JSON body as a form reads it: text, several values, rows of a table under their numbered names."""
    data: MultiValueDict[str, str] = MultiValueDict()
    for name, value in body.items():
        if name in tables:
            rows = value or []
            # As many to begin with as in all: a row that stands there already is no empty one.
            data[f"{name}-TOTAL_FORMS"] = data[f"{name}-INITIAL_FORMS"] = str(len(rows))
            for n, row in enumerate(rows):
                for field, cell in row.items():
                    if cell is not None:
                        data[f"{name}-{n}-{field}"] = as_text(cell)
        elif isinstance(value, list):
            data.setlist(name, [as_text(each) for each in value])
        elif value is not None:
            data[name] = as_text(value)
    return data


def as_text(value: Any) -> str:
    """A JSON value as a form field would hold it."""
    return str(value).lower() if isinstance(value, bool) else str(value)

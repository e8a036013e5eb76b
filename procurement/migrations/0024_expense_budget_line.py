"""An expense names the budget line it is met from, by which the sums of a year are read."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def name_lines(apps, schema_editor):
    Expense, Allocation = apps.get_model("procurement", "Expense"), apps.get_model("procurement", "Allocation")
    line = Allocation.objects.filter(pk=OuterRef("allocation")).values("line")[:1]
    Expense.objects.update(budget_line=Subquery(line))
    if schema_editor.connection.vendor == "postgresql":
        # The column may only be altered when its foreign keys have been looked at.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def key(**more):
    return models.ForeignKey(
        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="procurement.budgetline", verbose_name="预算线",
        **more,
    )  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [("procurement", "0023_sums_and_words")]

    operations = [
        migrations.AddField(model_name="expense", name="budget_line", field=key(null=True)),
        migrations.RunPython(name_lines, migrations.RunPython.noop),
        migrations.AlterField(model_name="expense", name="budget_line", field=key()),
        migrations.AddIndex(
            model_name="expense",
            index=models.Index(
                condition=models.Q(status="accepted"), fields=["budget_line", "amount"], name="expense_accepted"
            ),
        ),
    ]

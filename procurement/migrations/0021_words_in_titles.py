"""PostgreSQL learns which words titles carry (docs/reference/performance.md)."""

from django.db import migrations

TABLES = ("procurement_project", "procurement_order", "procurement_contract")


def learn_words(apps, schema_editor):
    """Statistics of the very expression that `icontains` asks for.

    Without them a word is thought to be rare everywhere, and the search for one that stands in the newest titles reads all.
    """
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"CREATE STATISTICS {table}_words ON (upper(title::text)) FROM {table}")


def forget_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"DROP STATISTICS {table}_words")


class Migration(migrations.Migration):

    dependencies = [("procurement", "0020_lists_by_place")]

    operations = [migrations.RunPython(learn_words, forget_words)]

"""PostgreSQL learns to tell every two neighbouring characters of texts (core/words.py)."""

from django.db import migrations

# Dear to call: what can be told by other conditions is asked first.
MADE = r"""
CREATE FUNCTION bigrams(VARIADIC texts text[]) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT COALESCE(array_agg(DISTINCT substr(whole, n, 2)), '{}')
    FROM lower(array_to_string(texts, E'\n')) AS whole, generate_series(1, length(whole) - 1) AS n
$$
"""


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(MADE)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION bigrams(text[])")


class Migration(migrations.Migration):

    dependencies = [("core", "0009_api_answers")]

    operations = [migrations.RunPython(make, drop)]

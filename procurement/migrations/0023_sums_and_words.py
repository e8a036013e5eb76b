"""Sums and long lists read from indexes alone; words found by theirs on PostgreSQL (core/words.py)."""

from django.db import migrations, models

WORDS = {"order": "title, number, place", "project": "title, number"}


def index_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name, texts in WORDS.items():
            schema_editor.execute(f"CREATE INDEX {name}_words ON procurement_{name} USING gin (bigrams({texts}))")


def drop_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in WORDS:
            schema_editor.execute(f"DROP INDEX {name}_words")


class Migration(migrations.Migration):

    dependencies = [
        ("core", "0010_bigrams"),
        ("procurement", "0022_order_ceiling"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="order",
            name="order_latest",
        ),
        migrations.AddIndex(
            model_name="allocation",
            index=models.Index(fields=["line", "contracted_amount", "paid_amount"], name="allocation_sums"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["buyer", "bid_deadline", "id"], name="order_of_buyer_by_deadline"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["buyer", "ceiling", "id"], name="order_of_buyer_by_ceiling"),
        ),
        migrations.AddIndex(
            model_name="payment",
            index=models.Index(condition=models.Q(("status", "paid")), fields=["paid_on", "amount"], name="payment_by_day"),
        ),
        migrations.RunPython(index_words, drop_words),
    ]

"""Drafts lose nothing: another device's later text is never overwritten, a sealed one never lies open."""

import pytest
from django.db import connection

from core.clock import local, travel
from core.drafts import Draft, drop_draft, load_draft, save_draft
from core.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db


def test_what_was_typed_comes_back_as_typed() -> None:
    typed = {"title": "青春同行 ", "amount": "29八万", "lines": [{"n": 1, "done": None}], "rate": 0.5}
    saved = save_draft("u1", "order:new", typed, device="办公室电脑")
    assert (saved.version, saved.device) == (1, "办公室电脑")
    with travel("2026-09-01 10:00"):
        assert save_draft("u1", "order:new", typed | {"title": "改"}, expected_version=1).version == 2
    found = load_draft("u1", "order:new")
    assert found is not None
    assert found.content == typed | {"title": "改"}
    assert local(found.saved_at).hour == 10


def test_owners_and_forms_do_not_see_each_other() -> None:
    save_draft("u1", "order:new", {"a": "1"})
    assert load_draft("u2", "order:new") is None
    assert load_draft("u1", "bid:new") is None
    drop_draft("u2", "order:new")
    drop_draft("u1", "order:new")
    assert load_draft("u1", "order:new") is None


def test_the_later_device_wins_nothing_silently() -> None:
    save_draft("u1", "k", {"a": "电脑"}, expected_version=0, device="电脑")
    with pytest.raises(Conflict) as refused:
        save_draft("u1", "k", {"a": "手机"}, expected_version=0, device="手机")
    assert refused.value.current.content == {"a": "电脑"}
    assert refused.value.current.device == "电脑"
    save_draft("u1", "k", {"a": "电脑二"}, expected_version=1)
    with pytest.raises(Conflict):
        save_draft("u1", "k", {"a": "手机"}, expected_version=1)
    assert save_draft("u1", "k", {"a": "手机"}).version == 3, "whoever says so may overwrite"


def test_a_draft_that_was_handed_in_does_not_come_back() -> None:
    save_draft("u1", "k", {"a": "1"})
    drop_draft("u1", "k")
    with pytest.raises(Conflict) as refused:
        save_draft("u1", "k", {"a": "2"}, expected_version=1)
    assert refused.value.current is None
    assert load_draft("u1", "k") is None


def test_a_sealed_draft_lies_nowhere_in_clear_text_and_stays_sealed() -> None:
    save_draft("org1", "bid:7", {"price": "298000.10"}, sealed=True)
    save_draft("org1", "bid:7", {"price": "297000.20"})
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT content, sealed FROM {Draft._meta.db_table}")
        content, sealed = cursor.fetchone()
    assert sealed
    assert b"297000" not in bytes(content)
    found = load_draft("org1", "bid:7")
    assert found is not None
    assert found.content == {"price": "297000.20"}


def test_what_cannot_be_kept_is_told() -> None:
    for content in ({"a": "长" * 400_000}, {"a": "\ud800"}):
        with pytest.raises(Invalid):
            save_draft("u1", "k", content)
    assert not Draft.objects.exists()

"""What is sealed opens for its owner alone, unchanged; everything else is a plain error."""

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from customers import sealing
from customers.sealing import PersonKey, Unreadable
from kernel.ids import uuid7

TEXT = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=10), st.text(st.characters(codec="utf-8"), max_size=40), max_size=5)


@given(TEXT)
def test_what_was_sealed_is_opened_as_it_was(content):
    id = uuid7()
    key = PersonKey.new(id)
    assert PersonKey.opened(id, key.wrapped()).open("note", key.seal("note", content)) == content


@given(TEXT, st.data())
def test_every_changed_bit_is_seen(content, data):
    key = PersonKey.new(uuid7())
    sealed = bytearray(key.seal("note", content))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Unreadable):
        key.open("note", bytes(sealed))


@given(TEXT, st.integers(0, 200))
def test_what_was_cut_off_is_seen(content, length):
    key = PersonKey.new(uuid7())
    sealed = key.seal("note", content)
    with pytest.raises(Unreadable):
        key.open("note", sealed[: min(length, len(sealed) - 1)])


def test_nothing_opens_in_anothers_place():
    ada, grace = uuid7(), uuid7()
    key = PersonKey.new(ada)
    note = key.seal("note", {"text": "hers"})
    with pytest.raises(Unreadable):
        key.open("address", note)
    with pytest.raises(Unreadable):
        PersonKey.opened(grace, key.wrapped())
    with pytest.raises(Unreadable):
        PersonKey.new(ada).open("note", note)


def test_another_shops_key_opens_and_finds_nothing(monkeypatch):
    id = uuid7()
    wrapped, digest = PersonKey.new(id).wrapped(), sealing.digest("email", "ada@example.org")
    monkeypatch.setattr(settings, "PERSONAL_KEY", "A" * 43 + "=")
    with pytest.raises(Unreadable) as refused:
        PersonKey.opened(id, wrapped)
    assert refused.value.code == "personal_data_unreadable"
    assert "PERSONAL_KEY" in refused.value.message
    assert sealing.digest("email", "ada@example.org") != digest


def test_the_same_is_sealed_differently_each_time_and_digested_the_same():
    key = PersonKey.new(uuid7())
    assert key.seal("note", {"a": "b"}) != key.seal("note", {"a": "b"})
    assert sealing.digest("email", "x") == sealing.digest("email", "x") != sealing.digest("phone", "x")
    assert len(sealing.short_digest("name", "a")) == 16


@pytest.mark.parametrize("text", ["", "short", "A" * 44, "ä" * 44, "A" * 40 + "==="])
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|bytes"):
        sealing.read_shop_key(text)

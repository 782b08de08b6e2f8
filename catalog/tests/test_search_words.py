"""How text is cut into words: no database here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import spelling, words


def plain(text):
    return [" ".join(word[0]) for word in words.asked(text)]


def test_case_and_accents_go():
    assert plain("CRÈME Brûlée") == ["creme", "brulee"]


def test_an_umlaut_is_found_in_both_ways_of_writing():
    assert words.indexed("Käse") == ["kase", "kaese"]
    assert words.asked("Käse") == [(("kase",), ("kaese",))]


def test_ligatures_and_sharp_s_are_written_out():
    assert plain("Œufs æbler Straße") == ["oeufs", "aebler", "strasse"]


def test_an_apostrophe_joins_or_parts():
    assert words.asked("l'eau") == [(("eau",), ("leau",))]
    assert words.asked("Lay’s") == [(("lay",), ("lays",))]


def test_a_hyphen_joins_or_parts():
    assert words.asked("Coca-Cola") == [(("coca", "cola"), ("cocacola",))]
    assert set(words.indexed("Coca‑Cola")) == {"coca", "cola", "cocacola"}


@pytest.mark.parametrize("text", ["500g", "500 g", "500 gr", "500 Gramm", "500G"])
def test_an_amount_and_its_unit_are_one_word(text):
    assert plain(text) == ["500g"]


def test_a_decimal_comma_is_a_point():
    assert plain("1,5 L") == plain("1.5l") == ["1.5l"]


def test_a_number_without_a_unit_stays_a_number():
    assert plain("7 grains") == ["7", "grains"]


def test_a_multipack_is_its_number_and_its_amount():
    assert plain("6x330ml") == ["6", "330ml"]


def test_each_emoji_is_a_word_without_its_shade():
    assert plain("🍎🍏 👩🏽‍🍳") == ["🍎", "🍏", "👩", "🍳"]


def test_a_flag_is_one_word():
    assert plain("🇩🇪 Bier") == ["🇩🇪", "bier"]


def test_what_has_no_spaces_between_words_is_cut_into_pairs():
    assert words.indexed("緑茶粉") == ["緑茶", "茶粉", "粉"]
    assert plain("緑茶粉") == ["緑茶", "茶粉"]
    assert plain("茶") == ["茶"]
    assert plain("한국어") == ["한국", "국어"]


def test_voiced_kana_stay_themselves():
    assert plain("ガム") != plain("カム")


def test_vowel_signs_stay_with_their_word():
    assert plain("हिन्दी चाय") == ["हिन्दी", "चाय"]


def test_trade_marks_say_nothing():
    assert plain("Nutella™ & Go®") == ["nutella", "go"]


def test_no_more_than_twelve_words_and_a_hundred_characters_are_asked():
    assert len(words.asked(" ".join("abcdefghijklmnop"))) == 12
    assert plain("x" * 10_000) == ["x" * 60]


@pytest.mark.parametrize("text", ["", " ", "' | & ! :* <->", "\x00", "\\", "()", "\ud800"])
def test_what_holds_no_word_asks_for_nothing(text):
    assert words.asked(text) == []


@given(st.text(max_size=60))
def test_words_of_any_text_need_no_quoting(text):
    for word in words.indexed(text):
        assert word
        assert len(word) <= 60
        assert not set(word) & set("'\\\"|&!:*<>() \x00\n\t")


@given(st.text(max_size=60))
def test_who_asks_for_the_name_asks_for_words_of_the_name(name):
    found = set(words.indexed(name))
    for word in words.asked(name):
        assert any(set(several) <= found for several in word), (word, found)


@given(st.text(max_size=60))
def test_normalising_twice_changes_nothing_more_for_words(text):
    once = words.normalised(text)
    assert len(once) <= 100


def test_a_code_has_no_spaces_in_it():
    assert words.code(" OATS-500 ") == "oats-500"
    assert words.code("oats 500") == ""
    assert words.code("a'b") == ""


@pytest.mark.parametrize(("typed", "meant"), [("mlik", "milk"), ("choclate", "chocolate"), ("kesse", "kasse"), ("brot", "brott"), ("oats", "oat")])
def test_one_slip_away_is_near(typed, meant):
    assert meant in spelling.near(typed)
    assert spelling.slips(typed, meant, 2) == 1


def test_slips_are_counted_up_to_a_limit():
    assert spelling.slips("chocolate", "chocolate", 2) == 0
    assert spelling.slips("chcolatte", "chocolate", 2) == 2
    assert spelling.slips("abc", "xyz", 1) == 2
    assert spelling.slips("a", "abcdef", 2) == 3


def test_the_likeliest_spelling_is_near_and_common():
    assert spelling.best("mlik", [("milk", 3), ("mlak", 50), ("malik", 99), ("milch", 999)], most=3) == ["malik", "mlak", "milk"]
    assert spelling.best("chocolade", [("chocolate", 10), ("schokolade", 90), ("chocolades", 1)], most=2) == ["chocolate", "chocolades"]


def test_digits_and_short_words_are_not_guessed_at():
    assert not spelling.correctable("abc")
    assert not spelling.correctable("1234")
    assert spelling.correctable("mlik")

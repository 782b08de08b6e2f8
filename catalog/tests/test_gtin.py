import random
from contextlib import suppress

import pytest

from catalog import gtin

KNOWN = [
    "4006381333931",  # GTIN-13
    "614141007349",  # GTIN-12
    "96385074",  # GTIN-8
    "10614141007346",  # GTIN-14, a case of the same trade item
    "00000000",
]


@pytest.mark.parametrize("code", KNOWN)
def test_a_right_code_is_kept_as_fourteen_digits(code):
    assert gtin.normalise(code) == code.zfill(14)


def random_body(length: int) -> str:
    return "".join(random.choices("0123456789", k=length - 1))


@pytest.mark.parametrize("length", gtin.LENGTHS)
def test_exactly_one_of_ten_last_digits_is_right(length):
    for _ in range(50):
        body = random_body(length)
        right = []
        for digit in "0123456789":
            with suppress(gtin.GtinWrongCheckDigit):
                gtin.normalise(body + digit)
                right.append(int(digit))
        assert right == [gtin.check_digit(body)]


@pytest.mark.parametrize("length", gtin.LENGTHS)
def test_every_single_wrong_digit_is_noticed(length):
    body = random_body(length)
    code = body + str(gtin.check_digit(body))
    for place in range(length):
        for other in set("0123456789") - {code[place]}:
            with pytest.raises(gtin.GtinWrongCheckDigit):
                gtin.normalise(code[:place] + other + code[place + 1 :])


@pytest.mark.parametrize("length", gtin.LENGTHS)
def test_zeros_in_front_are_the_same_number(length):
    body = random_body(length)
    code = body + str(gtin.check_digit(body))
    same = {gtin.normalise(code.zfill(size)) for size in gtin.LENGTHS if size >= length}
    assert same == {code.zfill(14)}


def test_a_wrong_check_digit_is_told_with_the_right_one():
    with pytest.raises(gtin.GtinWrongCheckDigit, match="ends in 2; its check digit should be 1"):
        gtin.normalise("4006381333932")


@pytest.mark.parametrize("code", ["1", "123456789", "1234567890", "12345678901", "123456789012345", "0" * 40])
def test_other_lengths_are_no_gtin(code):
    with pytest.raises(gtin.GtinWrongLength):
        gtin.normalise(code)


@pytest.mark.parametrize(
    "code", ["", "  ", "4006381 333931", "٤٠٠٦٣٨١٣٣٣٩٣١", "⁴006381333931", "40063813339３1", "-4006381333931", "4.0063E+12", "abc"]
)
def test_only_the_ten_ascii_digits_count(code):
    with pytest.raises(gtin.GtinNotDigits):
        gtin.normalise(code)


def test_space_around_is_dropped():
    assert gtin.normalise(" 96385074\n") == "00000096385074"


@pytest.mark.parametrize("code", KNOWN[:4])
def test_it_is_shown_in_its_own_length(code):
    assert gtin.shown(gtin.normalise(code)) == code


@pytest.mark.parametrize(("code", "seen"), [("0614141007349", "614141007349"), ("0000096385074", "96385074")])
def test_a_padded_code_is_shown_short(code, seen):
    assert gtin.shown(gtin.normalise(code)) == seen

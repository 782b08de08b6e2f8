import pytest

from kernel import card_numbers

VISA = "4111111111111111"


@pytest.mark.parametrize("digits", [VISA, "5555555555554444", "2223003122003222", "378282246310005", "6011111111111117", "3530111333300000"])
def test_card_numbers_are_found_wherever_they_stand(digits):
    grouped = " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))
    for value in (digits, f"paid with {grouped}.", {"a": [{"note": digits}]}, {digits: 1}, int(digits), f"%B{digits}^"):
        assert card_numbers.found_in({"body": value})


def test_readers_wrap_the_number_in_more_digits():
    assert card_numbers.found_in({"note": VISA + "2512101"})


@pytest.mark.parametrize(
    "value",
    [
        "4111111111111112",
        "1234567890123452",
        {"gtin": VISA, "sku": VISA},
        {"variant": "019aa000-0000-7000-8000-000000000001", "name": f"Part {VISA}"},
        "04006381333931",
        1_763_715_600_000,
        "41111111-1111-1111-8111-111111111111",
        "4111111111111111" * 4,
        None,
        3.5,
    ],
)
def test_other_digits_are_left_alone(value):
    assert not card_numbers.found_in({"body": value})

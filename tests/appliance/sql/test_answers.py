from __future__ import annotations

from appliance.sql import answers


def test_every_error_number_has_the_highest_bit_and_fits_in_what_rest_carries() -> None:
    codes = [value for name, value in vars(answers).items() if name.isupper() and isinstance(value, int)]
    assert len(codes) == len(set(codes)) > 10
    assert all(code == 0x80000000 | (code & 0xFFFF) for code in codes)

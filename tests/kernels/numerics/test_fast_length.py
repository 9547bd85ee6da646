from __future__ import annotations

from kernels.numerics.fast_length import fast_length


def naive(least: int) -> int:
    while True:
        rest = least
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return least
        least += 1


def test_equals_the_naive_search() -> None:
    assert [fast_length(least) for least in range(1, 700)] == [naive(least) for least in range(1, 700)]
    assert [fast_length(least) for least in (79_999, 80_001, 1_000_003)] == [80_000, 81_000, 1_012_500]

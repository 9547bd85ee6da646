"""Lengths that a Fourier transform is quick for: products of 2, 3 and 5.

Products of values some rows apart need a series padded by no more than that many zeros. The next power of two may be
twice as long, and for 100 000 values no longer fits the processor's cache: 2 to 3 times the time.
"""

from __future__ import annotations

from kernels._jit import kernel


@kernel("i8(i8)")
def fast_length(least: int) -> int:
    """Return the smallest product of powers of 2, 3 and 5 that is >= `least` >= 1."""
    best = 1
    while best < least:
        best *= 2
    fives = 1
    while fives < best:
        odd = fives
        while odd < best:
            length = odd
            while length < least:
                length *= 2
            best = min(best, length)
            odd *= 3
        fives *= 5
    return best

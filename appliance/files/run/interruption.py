"""Interruptions, by Ctrl-C or by another program: what is half written goes, and the user hears what was written."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator

from appliance.files.write.writing import Output


@contextlib.contextmanager
def told(output: Output) -> Iterator[None]:
    """Have SIGINT and SIGTERM end what is done inside with KeyboardInterrupt, whose argument is the signal.

    During a query the database takes that exception away and raises a RuntimeError.
    """
    received: list[int] = []

    def receive(number: int, _: object) -> None:
        received.append(number)
        raise KeyboardInterrupt(number)

    ours = {signal.SIGTERM}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # ignored in the background of a shell
        ours.add(signal.SIGINT)
    earlier = {number: signal.signal(number, receive) for number in ours}
    try:
        yield
    except (KeyboardInterrupt, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not received:
            raise
        written = "the results are" if output.delivered else "nothing was"
        sys.stderr.write(f"interrupted, {written} written\n")
        raise KeyboardInterrupt(*received[:1]) from None
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from appliance.files.run import interruption
from appliance.files.write.writing import Output


def interrupted_query(number: signal.Signals) -> None:
    try:
        os.kill(os.getpid(), number)
    except KeyboardInterrupt:
        raise RuntimeError("Query interrupted") from None  # as duckdb does


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("delivered", "told"), [(False, "nothing was written"), (True, "the results are written")])
def test_an_interrupted_query_is_an_interruption(
    number: signal.Signals, delivered: bool, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    output = Output(tmp_path / "out.csv")
    output.delivered = delivered
    with pytest.raises(KeyboardInterrupt) as ended, interruption.told(output):
        interrupted_query(number)
    assert ended.value.args == (number,)
    assert capsys.readouterr().err == f"interrupted, {told}\n"
    assert signal.signal(signal.SIGINT, earlier) == signal.default_int_handler


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="own"), interruption.told(Output(None)):
        raise RuntimeError("own")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interruption.told(Output(None)):
        os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, earlier)

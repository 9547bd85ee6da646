from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance import cli
from appliance.files.run import local
from appliance.files.series import FileResult
from benchmarks.node import Node
from tests.appliance.files import samples
from tests.appliance.files.samples import ROWS, START, VALUES, one, rows, several, write

WINDOW = "2023-11-14T22:31:20.000Z"


def detect(*arguments: str | Path) -> int:
    return cli.main(["taosanode", "detect", *map(str, arguments)])


def test_a_table_of_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert detect(write(tmp_path / "a.csv", one())) == cli.OK
    shown = capsys.readouterr()
    header, line = shown.out.splitlines()
    assert header.split() == ["start", "end", "rows", "peak", "score", "value", "expected", "low", "high", "found_by"]
    assert line.split()[:4] == [WINDOW, WINDOW, "1", WINDOW]
    score, value, expected, low, high = map(float, line.split()[4:9])
    assert line.split()[9:] == ["spike"]  # there are too few rows for shape
    assert score > 1.0
    assert value == 30.0
    assert low < expected < high < value
    assert shown.err == "1 of 1 series done, 1 window\n"


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_from_every_format_into_every_format(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"in.{suffix}", several())
    for out in ("out.csv", "out.json", "out.jsonl", "out.parquet"):
        assert detect(path, "--by", "host", "--out", tmp_path / out) == cli.OK
        found = rows(tmp_path / out)
        assert [row[0] for row in found] == ["a", "b", "c"]
        assert {str(row[1])[:19].replace("T", " ") for row in found} == {"2023-11-14 22:31:20"}


def test_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert detect(write(tmp_path / "a.csv", one()), "--flags", "--format", "json") == cli.OK
    lines = json.loads(capsys.readouterr().out)
    assert [line["flag"] for line in lines] == [1] * 18 + [-1] + [1] * 21
    assert lines[18]["score"] > lines[0]["score"]


def test_options_in_all_their_spellings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", one())
    answers = []
    for spelling in (["--algo", "ksigma", "--option", "k=1"], ["--algo", "ksigma,k=1"], ["--algo", "algo=ksigma,k=1"]):
        assert detect(path, *spelling) == cli.OK
        answers.append(capsys.readouterr().out)
    assert len(set(answers)) == 1


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(samples.text(one()).encode())))
    assert detect("-") == cli.OK
    assert WINDOW in capsys.readouterr().out


def test_a_series_that_fails_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = several(["a", "b\x1b", "c"])
    short = [place for place in range(3 * ROWS) if place % 3 != 1 or place < 27]  # nine rows of the second
    table = {name: [cells[place] for place in short] for name, cells in table.items()}
    out = tmp_path / "out.csv"
    assert detect(write(tmp_path / "a.parquet", table), "--by", "host", "--out", out) == cli.FAILED
    assert capsys.readouterr().err.splitlines() == [
        "series b : number of rows should between 10 and 10000000, actual 9 rows",
        "2 of 3 series done, 2 windows",
    ]
    assert [row[0] for row in rows(out)] == ["a", "c"]


def test_noise_is_told_and_refused_only_where_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = np.random.default_rng(5).normal(size=100).tolist()
    path = write(tmp_path / "a.csv", {"ts": range(START, START + 100), "v": noise})
    assert detect(path) == cli.OK
    remark = f"{path}: white noise by the Ljung-Box test: no row tells anything of those that follow"
    assert capsys.readouterr().err.splitlines()[0] == remark
    assert detect(path, "--option", "wncheck=1") == cli.FAILED
    assert capsys.readouterr().err.splitlines() == [
        f"{path}: white noise data not processed",
        "0 of 1 series done, 0 windows; white noise: 1, --option wncheck=0 switches that check off",
    ]
    assert detect(path, "--option", "wncheck=0") == cli.OK
    assert "white noise" not in capsys.readouterr().err


ALL = list(one()["ts"])


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        (one(host=["a"] * ROWS), ["--value", "host"], "column host, row 1: 'a' is not a number"),
        (one(ts=[*ALL[:5], ALL[3], *ALL[6:]]), [], "row 6 goes back from"),
        (one(ts=[*ALL[:5], ALL[4], *ALL[6:]]), [], "row 6 has the time of the row before"),
        (one(value=[*VALUES[:39], None]), [], "1 of 40 values are missing or not finite, the first at row 40"),
        (one(value=[*VALUES[:39], "inf"]), [], "1 of 40 values are missing or not finite, the first at row 40"),
        ({"ts": [], "value": []}, [], "has no rows"),
        ({"ts": ALL[:9], "value": VALUES[:9]}, [], "number of rows should between 10 and 10000000, actual 9 rows"),
        (
            {"ts": range(START, START + 40_001), "value": range(40_001)},
            ["--option", "only_last=5"],
            "only_last looks at the whole series, and 40001 rows are analysed in pieces of 40000; --last 40000",
        ),
        (one(), ["--out", "/proc/out.csv"], "/proc/out.csv cannot be written: No such file or directory"),
        (one(), ["--url", "http://127.0.0.1:1"], "http://127.0.0.1:1 cannot be reached: Connection refused"),
    ],
)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, table: samples.Table, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert detect(write(tmp_path / "a.csv", table), *arguments) == cli.FAILED
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


@pytest.mark.parametrize(
    ("table", "arguments", "message"),
    [
        (one(), ["--value", "nix"], "--value: there is no column nix; there are: ts, value"),
        (
            one(),
            ["--algo", "nix"],
            "unknown algorithm nix; there are: auto, copod, ecod, grubbs, hbos, iforest, iqr, ksigma, lof, pca, ",
        ),
        (one(), ["--algo", "iqr", "--option", "nix=1"], "unknown option nix; iqr takes none of its own"),
        (one(), ["--algo", "ksigma,k=9"], "k value out of range, valid range [1, 3], got 9.0"),
        (one(), ["--value", "vaule"], "--value: there is no column vaule, did you mean value?"),
        (one(), ["--algo", "ksigam"], "unknown algorithm ksigam, did you mean ksigma?"),
        (one(), ["--tz", "Europe/Berln"], "--tz Europe/Berln: there is no such time zone, did you mean Europe/Berlin?"),
        (one(), ["--precision", "s", "--time-format", "%Y"], "--time-format and --precision exclude each other"),
        (one(), ["--url", "ftp://a"], "--url ftp://a: a node's address is expected"),
    ],
)
def test_wrong_usage_is_told_once_before_any_row_is_looked_at(
    tmp_path: Path, table: samples.Table, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    table = {name: [*cells[:1], *cells] for name, cells in table.items()}  # a time comes twice
    assert detect(write(tmp_path / "a.csv", table), *arguments) == cli.USAGE
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"", "is empty"), (b"PAR1xx", "too small")])
def test_bad_files(tmp_path: Path, content: bytes | None, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    if content is not None:
        (tmp_path / "data").write_bytes(content)
    out = tmp_path / "out.csv"
    assert detect(tmp_path / "data", "--out", out) == (cli.FAILED if content is not None else cli.USAGE)
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--option", "k"], "'k' is no option: name=value is expected"),
        (["--out", "a.xls"], "no format has the suffix '.xls'"),
        (["--timeout", "0"], "1 to 1200 seconds"),
        (["--threads", "0"], "at least 1"),
        (["--format", "xml"], "invalid choice"),
        (["--url", "x", "--config", "y"], "not allowed with"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = detect("a.csv", *arguments)
    except SystemExit as end:
        code = int(str(end.code))
    assert code == cli.USAGE
    assert message in capsys.readouterr().err


def test_progress_moves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", several())
    assert detect(path, "--by", "host", "--progress") == cli.OK
    assert "3/3" in capsys.readouterr().err
    assert detect(path, "--by", "host") == cli.OK
    assert "3/3" not in capsys.readouterr().err  # no terminal


def test_an_interruption_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> FileResult:
        raise KeyboardInterrupt

    monkeypatch.setattr(local.Local, "answer", interrupted)
    monkeypatch.setattr(cli, "_end_by", lambda number: 128 + number)
    path = write(tmp_path / "a.csv", one())
    assert detect(path, "--out", tmp_path / "out.csv") == 130
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.csv"]
    assert "interrupted, nothing was written" in capsys.readouterr().err


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one())
    command = [sys.executable, "-m", "appliance", "detect", path]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == cli.FAILED
    assert done.stderr == "standard output cannot be written: No space left on device\n"


def test_who_reads_only_the_beginning_gets_it_in_silence(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", {"ts": range(START, START + 40_000), "v": [i % 7 for i in range(40_000)]})
    command = [sys.executable, "-m", "appliance", "detect", path, "--flags", "--format", "csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"time,flag,score,value,expected,low,high,found_by\n"
        process.stdout.close()
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGPIPE


def test_plots_are_drawn_where_they_are_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", several())
    assert detect(path, "--by", "host", "--plot", tmp_path / "a.png") == cli.OK
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert detect(path, "--by", "host", "--plot", "term") == cli.OK
    assert capsys.readouterr().out.endswith("● anomalous row   ▲ anomalous window\n")
    assert detect(path, "--by", "host", "--plot", "term", "--format", "csv") == cli.OK
    shown = capsys.readouterr()
    assert "▲" not in shown.out
    assert "▲" in shown.err


def test_a_plot_of_many_series_says_how_many_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.csv", several([f"h{i:02}" for i in range(33)]))
    assert detect(path, "--by", "host", "--plot", "term", "--format", "csv", "--out", tmp_path / "b.csv") == cli.OK
    assert "the first 12 of 33 are shown\n" in capsys.readouterr().err


def test_a_plot_without_a_format_is_refused_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert detect("/nonexistent.csv", "--plot", tmp_path / "a.gif") == 2
    assert capsys.readouterr().err == (
        f"--plot {tmp_path / 'a.gif'}: a plot is a file that ends in .png, .svg, got '.gif'\n"
    )


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "--plot-parts needs --plot FILE.png or FILE.svg"),
        (["--plot", "term"], "--plot-parts: a terminal has no room for them, use --plot FILE.png or FILE.svg"),
    ],
)
def test_parts_are_refused_where_nothing_could_show_them(
    more: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert detect("/nonexistent.csv", "--plot-parts", *more) == 2
    assert capsys.readouterr().err == told + "\n"


def test_parts_of_a_series_are_drawn(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", one())
    assert detect(path, "--plot", tmp_path / "a.svg", "--plot-parts") == cli.OK
    assert "remainder" in (tmp_path / "a.svg").read_text()


def test_a_terminal_that_cannot_show_a_plot_is_told(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    ran = subprocess.run(
        [sys.executable, "-m", "appliance", "detect", write(tmp_path / "a.csv", one()), "--plot", "term"],
        env=bare | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == cli.FAILED
    assert "--plot term needs a terminal of UTF-8, this one is of iso8859-1\n" in ran.stderr


def test_a_node_gives_the_same_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.parquet", several())
    with Node() as node:
        url = "http://{}:{}".format(*node.address)
        for format_ in (["--flags"], []):
            assert detect(path, "--by", "host", "--algo", "auto", *format_, "--out", tmp_path / "here.csv") == cli.OK
            assert (
                detect(path, "--by", "host", "--algo", "auto", *format_, "--out", tmp_path / "there.csv", "--url", url)
                == cli.OK
            )
            assert (tmp_path / "here.csv").read_text() == (tmp_path / "there.csv").read_text()
        capsys.readouterr()
        assert detect(write(tmp_path / "b.csv", one()), "--algo", "nonesuch", "--url", url) == cli.FAILED
        assert "unknown anomaly detection algorithm: 'nonesuch'" in capsys.readouterr().err


NOISY = """
import sys

import numpy as np
from taosanode import ANOMALY, Algorithm, Detection, NoOptions, Task

print("printed at import")


def run(task: Task, params: NoOptions) -> Detection:
    print("printed at work")
    sys.stdout.write("written at work, flushed\\n")
    sys.stdout.flush()
    flags = np.where(task.series == 30.0, -1, 1).astype(np.int8)
    return Detection(flags, np.zeros(len(flags)))


ALGORITHM = Algorithm("noisy", "prints", ANOMALY, NoOptions, run)
"""


@pytest.mark.parametrize(
    ("arguments", "begin"),
    [
        (["--algo", "noisy"], f"start,end,rows,peak,score,value\n{WINDOW},{WINDOW},1,{WINDOW},0.0,30.0\n"),
        (
            ["--compare", "noisy"],
            "rank,algorithm,windows,rows,share,agreement,confirmed,seconds,failed,reason\n,noisy,1,",
        ),
    ],
)
def test_what_an_operator_s_algorithm_prints_is_kept_away_from_the_results(
    tmp_path: Path, arguments: list[str], begin: str
) -> None:
    folder = tmp_path / "algorithms"
    folder.mkdir()
    (folder / "noisy.py").write_text(NOISY)
    config = tmp_path / "taosanode.ini"
    config.write_text(f"[taosanode]\nalgorithm-dir = {folder}\n")
    command = [sys.executable, "-m", "appliance", "detect", write(tmp_path / "a.csv", one()), "--config", str(config)]
    done = subprocess.run([*command, *arguments, "--format", "csv"], capture_output=True, text=True, check=False)
    assert done.returncode == cli.OK, done.stderr
    assert done.stdout.startswith(begin)
    assert done.stdout.count("\n") == 2
    for printed in ("printed at import", "printed at work", "written at work, flushed"):
        assert printed in done.stderr.splitlines()


def test_help_loads_nothing_slow() -> None:
    code = (
        "import sys; from appliance import cli\n"
        "for command in ('detect', 'forecast'):\n"
        "    try: cli.main(['taosanode', command, '--help'])\n"
        "    except SystemExit: pass\n"
        "slow = {'numpy', 'numba', 'duckdb', 'falcon', 'matplotlib'} & set(sys.modules); assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_neither_pandas_nor_the_server_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from appliance import cli\n"
        "assert cli.main(['taosanode', 'detect', *sys.argv[1:]]) == 0\n"
        "surplus = {'pandas', 'pyarrow', 'falcon', 'gunicorn', 'torch'} & set(sys.modules); assert not surplus, surplus"
    )
    path, out = write(tmp_path / "a.parquet", one()), str(tmp_path / "out.parquet")
    subprocess.run([sys.executable, "-c", code, path, "--out", out], check=True, stderr=subprocess.DEVNULL)


def test_only_the_algorithms_that_are_asked_for_are_loaded(tmp_path: Path) -> None:
    code = (
        "import sys; from appliance import cli\n"
        "assert cli.main(['taosanode', 'forecast', sys.argv[1]]) == 0\n"
        "assert 'kernels.forecast.auto' in sys.modules\n"
        "others = 'kernels.anomaly.', 'kernels.correlation.', 'kernels.forecast.prophet'\n"
        "surplus = [name for name in sys.modules if name.startswith(others)]; assert not surplus, surplus"
    )
    path = write(tmp_path / "a.parquet", one())
    subprocess.run([sys.executable, "-c", code, path], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

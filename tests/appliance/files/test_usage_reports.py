"""What users reported about files and names, from the prompt to the results."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance import cli
from tests.appliance.files.samples import ROWS, VALUES, one, rows, write

BOM = b"\xef\xbb\xbf"


def run(command: str, *arguments: str | Path) -> int:
    return cli.main(["taosanode", command, *map(str, arguments)])


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
@pytest.mark.parametrize(("name", "found"), [("vvvv", 1), ("VVVV", 0)])
def test_columns_that_differ_only_in_case_are_kept_apart(tmp_path: Path, suffix: str, name: str, found: int) -> None:
    flat = [float(i % 7) for i in range(ROWS)]
    path, out = tmp_path / f"a.{suffix}", tmp_path / "out.csv"
    if suffix == "parquet":  # SQL cannot write such a file
        write(path, {"ts": one()["ts"], "VVVV": flat, "wwww": VALUES})
        path.write_bytes(path.read_bytes().replace(b"wwww", b"vvvv"))
    else:
        write(path, {"ts": one()["ts"], "VVVV": flat, "vvvv": VALUES})
    assert run("detect", path, "--time", "ts", "--value", name, "--out", out) == cli.OK
    assert len(rows(out)) == found


def test_an_array_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    text = json.dumps([dict(zip(("ts", "value"), cells, strict=True)) for cells in zip(*one().values(), strict=True)])
    (tmp_path / "a.json").write_bytes(BOM + text.encode())
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(BOM + text.encode()))
    for name in ("a.json", "a.json.gz"):
        assert run("detect", tmp_path / name, "--out", tmp_path / "out.csv") == cli.OK
        assert len(rows(tmp_path / "out.csv")) == 1


def test_the_input_is_not_written_over_not_even_through_links(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(write(tmp_path / "x.csv", one()))
    before = path.read_bytes()
    (tmp_path / "soft.csv").symlink_to(path)
    (tmp_path / "hard.csv").hardlink_to(path)
    for file, out in (("x", "x"), ("x", "soft"), ("soft", "hard"), ("hard", "x")):
        assert run("detect", tmp_path / f"{file}.csv", "--out", tmp_path / f"{out}.csv") == cli.USAGE
        told = f"--out {tmp_path / out}.csv is the file {tmp_path / file}.csv, which is read: another name is needed\n"
        assert capsys.readouterr().err == told
    assert path.read_bytes() == before


def test_a_plot_goes_over_neither_input_nor_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(write(tmp_path / "x.csv", one()))
    (tmp_path / "x.png").symlink_to(path)
    assert run("detect", path, "--plot", tmp_path / "x.png") == cli.USAGE
    assert "which is read: another name is needed" in capsys.readouterr().err
    given = ["--out", tmp_path / "y.png", "--format", "csv", "--plot", tmp_path / "y.png"]
    assert run("detect", path, *given) == cli.USAGE
    assert capsys.readouterr().err == f"--out and --plot name one file: {tmp_path / 'y.png'}\n"


def test_a_name_that_is_too_long_is_an_error_of_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, long = write(tmp_path / "x.csv", one()), tmp_path / f"{'l' * 300}.csv"
    assert run("detect", path, "--out", long) == cli.USAGE
    assert capsys.readouterr().err == f"{long}: File name too long\n"


def test_closed_output_is_no_matter_where_the_results_go_to_a_file(tmp_path: Path) -> None:
    path, out = write(tmp_path / "x.csv", one()), tmp_path / "out.csv"
    command = f'exec "{sys.executable}" -m appliance detect "{path}"'
    done = subprocess.run(["/bin/sh", "-c", f'{command} --out "{out}" >&-'], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (cli.OK, "1 of 1 series done, 1 window\n")
    assert len(rows(out)) == 1
    done = subprocess.run(["/bin/sh", "-c", f"{command} >&-"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (cli.FAILED, "standard output cannot be written: Bad file descriptor\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("{}/b.csv",), "b.csv cannot be read: No such file or directory, did you mean {}/a.csv?\n"),
        (("{}/a.csv", "{}/none/a.csv"), "none/a.csv cannot be read: No such file or directory\n"),
        (("{}",), "cannot be read: Is a directory\n"),
        (("{}/a.csv", "-c", "{}/no.ini"), "no.ini cannot be read: No such file or directory\n"),
        (("{}/a.csv", "--query", " "), "argument --query: it is empty, SELECT ... is expected\n"),
        (("{}/a.csv", "--encoding", "rot13"), "argument --encoding: no encoding has the name 'rot13'\n"),
    ],
)
def test_what_is_not_there_is_wrong_usage(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "a.csv", one())
    try:
        code = run("detect", *(text.format(tmp_path) for text in arguments))
    except SystemExit as error:
        code = int(str(error.code))
    assert code == cli.USAGE
    shown = capsys.readouterr()
    assert shown.err.endswith(message.format(tmp_path))
    assert shown.out == ""

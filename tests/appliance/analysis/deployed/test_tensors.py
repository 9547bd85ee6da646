from __future__ import annotations

import dataclasses
import struct

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.analysis.deployed import tensors
from appliance.analysis.deployed.schema import BadModel
from kernels.anomaly import iforest
from kernels.anomaly._iforest_trained import train
from kernels.contract import AlgorithmError, Task
from kernels.forecast._arima_trained import Process
from kernels.forecast._prophet_course import Course
from kernels.forecast._theta_trained import Smoother

TABLE = np.random.default_rng(2).normal(size=(20, 2))
FOREST = train(Task.of(TABLE), iforest.Params(n_estimators=2))
FILE = tensors.write("iforest", FOREST, {"rows": 20})


def split(content: bytes) -> tuple[dict, bytes]:
    (length,) = struct.unpack("<Q", content[:8])
    return orjson.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header, data: bytes) -> bytes:
    text = orjson.dumps(header)
    return struct.pack("<Q", len(text)) + text + data


def changed(**about) -> bytes:
    """The file with other values in the metadata of ours; None removes one."""
    header, data = split(FILE)
    old = orjson.loads(header["__metadata__"]["taosanode"])
    new = {key: value for key, value in {**old, **about}.items() if value is not None}
    header["__metadata__"]["taosanode"] = orjson.dumps(new).decode()
    return joined(header, data)


def values(**changes) -> dict:
    return {"width": 2, "sample": 20, "threshold": 0.5, "rounded": False, **changes}


def test_what_is_written_is_read_and_answers_the_same():
    found = tensors.read(FILE)
    assert (found.algo, found.kind, found.summary) == (
        "iforest",
        "anomaly-detection",
        {"algo": "iforest", "rows": 20},
    )
    task = Task.of(TABLE)
    np.testing.assert_array_equal(found.run(task, None).score, FOREST.run(task).score)
    assert tensors.looks_like_one(FILE)
    assert not tensors.looks_like_one(b'{"algo": "lasso"}')


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no safetensors file: its header would have 0 bytes"),
        (struct.pack("<Q", 1 << 40) + b"{}", "its header would have 1099511627776 bytes, of at most 100000"),
        (struct.pack("<Q", 2) + b"[]", "the header must be an object"),
        (struct.pack("<Q", 2) + b"{]", "the header is no JSON"),
        (struct.pack("<Q", 2) + b"{}", "the header's metadata must be an object"),
        (joined({"__metadata__": {"taosanode": "3"}}, b""), "metadata.taosanode must be an object"),
        (FILE[:-1], "no safetensors file: "),
        (FILE + b"\0", "no safetensors file: "),
        (changed(format=2), "a model of format 1 and one of iforest.* is expected, got 2 and iforest"),
        (changed(algo=["iforest"]), "is expected, got 1 and"),
        (changed(algo="os"), "is expected, got 1 and os"),
        (changed(values=values(width=2.0)), "width must be int"),
        (changed(values=values(rounded=1)), "rounded must be bool"),
        (changed(values=values(threshold="1")), "threshold must be float"),
        (changed(values=values(extra=1)), "extra is missing or unknown; there are: width, sample"),
        (changed(values=values(cut=1)), "cut is missing or unknown"),
        (changed(values=[]), "values must be an object"),
        (changed(values={}), "rounded is missing or unknown"),
        (changed(values=values(width=1)), "feature must hold numbers 0 to 0, got 1"),
        (changed(trained={"a": [1]}), "trained must have at most 32 numbers or short texts, got a"),
        (changed(trained={"algo": "x"}), "trained must have"),
        (changed(trained=None), "trained must be an object"),
    ],
)
def test_what_is_no_model_is_refused_with_the_place(content, message):
    with pytest.raises(BadModel, match=message):
        tensors.read(content)


def test_arrays_of_another_type_are_refused():
    header, data = split(FILE)
    for other in ("I64", ["F64"], {}):
        header["cut"]["dtype"] = other
        with pytest.raises(BadModel, match="cut must be an array of F64 or U32"):
            tensors.read(joined(header, data))
    feature, data = header["feature"], data
    header["cut"]["dtype"], feature["dtype"] = "F64", "F64"
    feature["shape"] = [feature["shape"][0], feature["shape"][1] // 2]
    with pytest.raises(BadModel):
        tensors.read(joined(header, data))


SMOOTHER = Smoother("STM", True, 0.4, 0.5, 2.0, 0, 1e6, np.ones(3))
PROCESS = Process(1, 1, 1, 0, 1, 1, 4, 0.1, 2.0, 0, 1e6, np.array([0.5, -0.5, 0.2]))
BENT = np.array([0.5]), np.array([3.0, 1, 4, 0.1, 0.2])
COURSE = Course("linear", True, 2.0, 1.0, 0.0, 0.0, 1e-6, 0.2, 0, 0, 1, *BENT, ("a", "b"), np.ones((3, 2)))
FILES = {
    name: tensors.write(name, one, {})
    for name, one in (("iforest", FOREST), ("theta", SMOOTHER), ("arima", PROCESS), ("prophet", COURSE))
}
FORECAST = Task.of(TABLE[:, 0], times=np.arange(20), start=20, step=1, rows=3)
BESIDE = dataclasses.replace(FORECAST, known={"dynamic_real_1": np.arange(23.0), "dynamic_real_2": np.ones(23)})
ASKED = {"arima": FORECAST, "theta": FORECAST, "prophet": BESIDE, "iforest": Task.of(TABLE)}


@pytest.mark.parametrize(("name", "model"), [("theta", SMOOTHER), ("arima", PROCESS), ("prophet", COURSE)])
def test_forecasters_are_read_as_they_were_written(name, model):
    found, expected = tensors.read(FILES[name]).run(ASKED[name], None), model.run(ASKED[name])
    for part in ("value", "low", "high"):
        np.testing.assert_array_equal(getattr(found, part), getattr(expected, part))


def test_a_model_takes_covariates_where_it_was_trained_with_some():
    assert {name: tensors.read(FILES[name]).needs.covariates for name in FILES} == {
        **dict.fromkeys(FILES, False),
        "prophet": True,
    }


def test_a_file_from_before_there_were_covariates_is_read_and_their_names_are_held_to_be_text():
    header, data = split(FILES["arima"])
    about = orjson.loads(header["__metadata__"]["taosanode"])
    del about["values"]["covariates"]
    header["__metadata__"]["taosanode"] = orjson.dumps(about).decode()
    assert tensors.read(joined(header, data)).run(FORECAST, None).value.shape == (3,)
    about["values"]["covariates"] = [1]
    header["__metadata__"]["taosanode"] = orjson.dumps(about).decode()
    with pytest.raises(BadModel, match="covariates must be "):
        tensors.read(joined(header, data))


CHANGED = st.sampled_from([0, -1, 2, 19, 1e6, 1e150, -1e-300, 5e-324, 2**62, True, "", "flat", None])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*FILES]), st.data())
def test_whatever_a_file_holds_it_is_refused_or_answers(name, draw):
    header, data = split(FILES[name])
    if draw.draw(st.booleans()):
        about = orjson.loads(header["__metadata__"]["taosanode"])
        field = draw.draw(st.sampled_from(sorted(about["values"])))
        about["values"][field] = draw.draw(CHANGED)
        header["__metadata__"]["taosanode"] = orjson.dumps(about).decode()
        content = joined(header, data)
    else:
        content = FILES[name]
    if draw.draw(st.booleans()):
        place, other = draw.draw(st.integers(0, len(content) - 1)), draw.draw(st.binary(min_size=1, max_size=12))
        content = content[:place] + other + content[place + len(other) :]
    try:
        model = tensors.read(content)
        answer = model.run(ASKED[model.algo], None)
    except AlgorithmError:
        return
    if model.kind == "forecast":  # what is not finite is refused where it is written
        assert len(answer.value) == len(answer.low) == len(answer.high) == 3
        assert answer.mse is None or np.isfinite(answer.mse)
    else:
        assert np.isfinite(answer.score).all()

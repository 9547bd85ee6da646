from __future__ import annotations

import gzip
import io
import pickle
import zipfile
import zlib

import pytest

from appliance.analysis.deployed import posted
from appliance.analysis.deployed.posted import BadPost


def zipped() -> bytes:
    told = io.BytesIO()
    with zipfile.ZipFile(told, "w") as archive:
        archive.writestr("data.pkl", b"")
    return told.getvalue()


THING = {"coef": [1.0, 2.0]}
PICKLES = [pickle.dumps(THING, protocol) for protocol in range(6)]
OTHERS = [
    gzip.compress(PICKLES[4], mtime=0),
    *(zlib.compress(PICKLES[4], level) for level in (1, 3, 9)),
    zipped(),
    b"\x89HDF\r\n\x1a\n",
]


@pytest.mark.parametrize("content", PICKLES + OTHERS)
def test_what_holds_code_is_recognised_by_its_content_and_the_way_is_told(content):
    with pytest.raises(BadPost, match=r"^Error deploying model m: model_binary is .*never does: run convert_model.py"):
        posted.parts({"model_name": b"m", "config": b"{}", "model_binary": content})
    with pytest.raises(BadPost):
        posted.document(content)


@pytest.mark.parametrize("content", [b"{}", b"[1.0]", b'{"a": 1}', b"nothing.", b"\xff\xfe", b""])
def test_nothing_else_is_called_a_pickle(content):
    assert posted.what_it_is(content) == ""


def test_the_model_is_in_the_config_or_in_the_file():
    assert posted.parts({"model_name": b"m", "config": b'{"algo": "a"}'}) == ("m", {"algo": "a"})
    assert posted.parts({"model_name": b"m", "model_binary": b'{"algo": "a"}'}) == ("m", {"algo": "a"})
    assert posted.parts({"config": b'{"model_name": "m", "config": {"algo": "a"}}'}) == ("m", {"algo": "a"})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Missing payload in request"),
        ({"config": b"{"}, "Invalid config JSON in multipart request"),
        ({"config": b"{}"}, "Missing required fields in request payload, required: model_name and config"),
        ({"model_name": b"m"}, "Missing required fields in request payload, required: model_name and config"),
        ({"model_name": b"../m", "config": b"{}"}, "Invalid model_name in request payload"),
    ],
)
def test_incomplete_forms_are_refused_in_the_contracted_words(given, message):
    with pytest.raises(BadPost, match=f"^{message}$"):
        posted.parts(given)

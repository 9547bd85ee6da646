from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from appliance.analysis.deployed.schema import BadModel
from appliance.analysis.deployed.store import MAX_BYTES, Exists, Store
from tests.appliance.analysis.deployed.configs import LINE, TREE


def test_a_model_is_a_file_in_a_folder_of_its_own_and_every_store_sees_it(tmp_path):
    one, other = Store(tmp_path / "dynamic"), Store(tmp_path / "dynamic")
    assert other.listed() == []
    one.add("Pumps", LINE)
    assert json.loads((tmp_path / "dynamic" / "pumps" / "pumps.json").read_text()) == LINE
    assert [(model.name, model.algo) for model in other.listed()] == [("pumps", "lasso")]
    assert other.find("PUMPS").width == 2
    assert os.listdir(tmp_path / "dynamic") == ["pumps"]
    assert one.remove("pumps")
    assert other.listed() == []
    assert not other.remove("pumps")
    assert os.listdir(tmp_path / "dynamic") == []


def test_the_older_form_is_read_and_a_changed_file_is_read_anew(tmp_path):
    store = Store(tmp_path)
    (tmp_path / "old.json").write_text(json.dumps(LINE))
    assert store.find("old").algo == "lasso"
    (tmp_path / "new").write_text(json.dumps(TREE))
    (tmp_path / "new").replace(tmp_path / "old.json")
    assert store.find("old").algo == "decision_tree"
    assert [model.algo for model in store.listed()] == ["decision_tree"]
    assert store.remove("old")


def test_a_name_is_given_once_whatever_its_case_and_by_whichever_worker(tmp_path):
    Store(tmp_path).add("a", LINE)
    with pytest.raises(Exists):
        Store(tmp_path).add("A", TREE)
    assert Store(tmp_path).find("a").algo == "lasso"


@pytest.mark.parametrize("name", ["..", "../a", "a/b", ".a", "", "a" * 64, "a\0", "a\n"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    (tmp_path / "a.json").write_text(json.dumps(LINE))
    with pytest.raises(BadModel, match="failed to load model: "):
        Store(tmp_path / "dynamic").find(name)
    assert not Store(tmp_path / "dynamic").remove(name)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"algo": "lasso", "params": {"coef": [NaN]}}', b" " * (MAX_BYTES + 1)]
)
def test_a_file_that_is_no_model_is_left_out_and_said_once(tmp_path, content, caplog):
    (tmp_path / "bad.json").write_bytes(content)
    store = Store(tmp_path)
    assert store.listed() == store.listed() == []
    assert caplog.text.count("is left out") == 1
    with pytest.raises(BadModel, match="failed to load model: bad: "):
        store.find("bad")


def test_links_are_not_followed(tmp_path):
    (tmp_path / "real.json").write_text(json.dumps(LINE))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "link.json").symlink_to(tmp_path / "real.json")
    assert Store(tmp_path / "d").listed() == []


def test_a_model_is_found_by_itself_as_among_all(tmp_path):
    (tmp_path / "Both").mkdir()
    for place in ("Both/Both.json", "both.JSON", "both.json", "other.json", "both.json.json"):
        (tmp_path / place).write_text(json.dumps(LINE))
    store = Store(tmp_path)
    assert {one.name: one.path for one in store.listed()} == {
        "both": tmp_path / "Both" / "Both.json",
        "other": tmp_path / "other.json",
        "both.json": tmp_path / "both.json.json",
    }
    assert all(name in store for name in ("BOTH", "other", "both.json"))
    assert "both.safetensors" not in store


def test_a_model_that_is_gone_is_forgotten(tmp_path):
    store = Store(tmp_path)
    for name in ("a", "b"):
        store.add(name, LINE)
        assert [one.name for one in store.listed()] == [name]
        store.remove(name)
    assert store.listed() == []
    assert not store._seen


def test_a_worker_that_is_too_late_says_so_and_leaves_nothing(tmp_path, monkeypatch):
    store = Store(tmp_path)
    store.add("pumps", LINE)

    def late(error):
        monkeypatch.setattr(Path, "rename", lambda self, target: (_ for _ in ()).throw(OSError(error, "late")))

    late(errno.ENOENT)
    assert not store.remove("pumps")
    late(errno.ENOTEMPTY)
    with pytest.raises(Exists):
        store.add("fans", LINE)
    assert [path.name for path in tmp_path.iterdir()] == ["pumps"]

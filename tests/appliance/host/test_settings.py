import dataclasses
import re
from ipaddress import ip_network
from pathlib import Path

import hypothesis
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from appliance.host import foreign_keys, ini, settings
from appliance.host.settings import Settings, SettingsError, embedded, load
from models import table

ROOT = Path(__file__).parents[3]
PACKAGED = ROOT / "packaging" / "taosanode.ini"

# the configuration shown in the public manual of the stock node
MANUAL = """
[uwsgi]

# Anode RESTful service ip:port
http = 127.0.0.1:6090

# base directory for Anode python files, do NOT modified this
chdir = /usr/local/taos/taosanode/lib

# initialize Anode python file
wsgi-file = /usr/local/taos/taosanode/lib/taos/app.py

# pid file
pidfile = /usr/local/taos/taosanode/taosanode.pid

# conflict with systemctl, so do NOT uncomment this
# daemonize = /var/log/taos/taosanode/taosanode.log

# uWSGI log files
logto = /var/log/taos/taosanode/taosanode.log

# uWSGI monitor port
stats = 127.0.0.1:8387

# python virtual environment directory, used by Anode
virtualenv = /usr/local/taos/taosanode/venv/

[taosanode]
# default taosanode log file
app-log = /var/log/taos/taosanode/taosanode.app.log

# model storage directory
model-dir = /usr/local/taos/taosanode/model/

# default log level
log-level = INFO
"""


def warnings(found: Settings) -> list[str]:
    return [line.partition("taosanode.ini:")[2] for line in found.warnings]


def test_the_manuals_file_loads(reading):
    found = reading(MANUAL)
    assert found.http == ("127.0.0.1", 6090)
    assert found.pidfile == Path("/usr/local/taos/taosanode/taosanode.pid")
    assert found.logto == Path("/var/log/taos/taosanode/taosanode.log")
    assert found.stats == ("127.0.0.1", 8387)
    assert found.app_log == Path("/var/log/taos/taosanode/taosanode.app.log")
    assert found.model_dir == Path("/usr/local/taos/taosanode/model")
    assert found.algorithm_dir == Path("/usr/local/taos/taosanode/resource/algo")
    assert found.log_level == "INFO"
    assert warnings(found) == [
        "8: chdir has no meaning for this node, ignored",
        "11: wsgi-file has no meaning for this node, ignored",
        "26: virtualenv has no meaning for this node, ignored",
    ]


def test_without_a_file_there_are_the_defaults():
    assert load(None) == Settings()


def test_empty_file_means_the_defaults_and_the_product_folders(reading, tmp_path):
    assert reading("") == Settings(
        model_dir=Path("/usr/local/taos/taosanode/model"),
        dynamic_model_dir=Path("/usr/local/taos/taosanode/model/dynamic"),
        algorithm_dir=Path("/usr/local/taos/taosanode/resource/algo"),
        source=tmp_path / "taosanode.ini",
    )


def test_packaged_file_loads_without_a_warning():
    found = load(PACKAGED)
    assert found.warnings == ()
    product = Path("/usr/local/taos/taosanode")
    assert found == Settings(
        http=("127.0.0.1", 6090),
        pidfile=product / "taosanode.pid",
        logto=Path("/var/log/taos/taosanode/taosanode.log"),
        stats=("127.0.0.1", 8387),
        app_log=Path("/var/log/taos/taosanode/taosanode.app.log"),
        model_dir=product / "model",
        dynamic_model_dir=Path("/var/lib/taosanode"),
        algorithm_dir=product / "resource" / "algo",
        source=PACKAGED,
    )


def commented_out(text: str) -> str:
    """Return the packaged file with its defaults uncommented, but for the one key that must stay as it is."""
    return re.sub(r"(?m)^; ((?!daemonize)[a-z-]+) =", r"\1 =", text)


def test_packaged_file_shows_the_true_defaults(reading, tmp_path):
    shown = reading(commented_out(PACKAGED.read_text()))
    assert dataclasses.replace(shown, source=PACKAGED) == load(PACKAGED)


@pytest.mark.parametrize("section", settings.SECTIONS)
def test_packaged_file_documents_every_key(section, tmp_path):
    text = PACKAGED.read_text()
    path = tmp_path / "taosanode.ini"
    path.write_text(commented_out(text))
    written = {(line.section, line.key) for line in ini.read(path)}
    for key in set(settings.SECTIONS[section].values()):
        # either section may hold the size of the logs: it is documented once
        assert {(section, key.names[0]), ("taosanode", key.names[-1])} & written, key.names[0]
        for name in key.names:
            assert re.search(rf"(?<![a-z-]){name}(?![a-z-])", text), name


@pytest.mark.parametrize("section", settings.SECTIONS)
def test_the_docs_name_every_key(section):
    text = (ROOT / "docs" / "configuration.md").read_text()
    assert [name for name in settings.SECTIONS[section] if f"`{name}`" not in text] == []


def test_every_setting_can_be_configured():
    configured = {key.setting for keys in settings.SECTIONS.values() for key in keys.values()}
    derived = {"http_timeout_s", "longest_request_s", "tsfm", "tsfm_lines", "environment", "source", "warnings"}
    assert {field.name for field in dataclasses.fields(Settings)} - derived <= configured


ALLOWED = ("127.0.0.1", "10.0.0.0/8", "::1")


@pytest.mark.parametrize(
    ("line", "setting", "value"),
    [
        ("http-socket = :6035", "http", ("0.0.0.0", 6035)),
        ("http_socket = [::]:6035", "http", ("::", 6035)),
        ("HTTP = 10.0.0.1:6035 ; everyone", "http", ("10.0.0.1", 6035)),
        ("workers = 4", "processes", 4),
        ("processes=3", "processes", 3),
        ("threads = 4", "threads", 4),
        ("reload_mercy = 10", "reload_mercy_s", 10),
        ("stats =", "stats", None),
        ("stats = /tmp/s.sock", "stats", "/tmp/s.sock"),
        ("logto =", "logto", None),
        ("log-maxsize = 100000", "log_max_bytes", 100_000),
        ("allow-from =", "allow_from", ()),
        ("certfile = /c.pem", "certfile", Path("/c.pem")),
        ("ssl_version = TLSv1_3", "ssl_version", "TLSv1.3"),
        ("ciphers = ECDHE+AESGCM", "ciphers", "ECDHE+AESGCM"),
        ("allow_from = 127.0.0.1, 10.0.0.0/8 [::1]", "allow_from", tuple(map(ip_network, ALLOWED))),
    ],
)
def test_server_keys_in_their_spellings(reading, line, setting, value):
    found = reading(f"[uwsgi]\n{line}")
    assert getattr(found, setting) == value
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("line", "setting", "value"),
    [
        ("app_log = /l/app.log", "app_log", Path("/l/app.log")),
        ("model-dir = /m", "model_dir", Path("/m")),
        ("model-dir = /m", "dynamic_model_dir", Path("/m/dynamic")),
        ("dynamic-model-dir = /d", "dynamic_model_dir", Path("/d")),
        ("model-dir = /v/m", "algorithm_dir", Path("/v/resource/algo")),
        ("resource-dir = /r", "algorithm_dir", Path("/r/algo")),
        ("algorithm-dir = /r", "algorithm_dir", Path("/r")),
        ("log-level = warn", "log_level", "WARNING"),
        ("max-body = 8M", "max_body", 8 << 20),
        ("slots = 3", "slots", 3),
        ("queue = 0", "queue", 0),
        ("detail-types = imputation", "detail_types", ("imputation",)),
        ("log-max-size = 1M", "log_max_bytes", 1 << 20),
        ("log-backups = 2", "log_backups", 2),
        ("tsfm-hosts = gpu1, gpu2", "tsfm_allowed_hosts", ("gpu1", "gpu2")),
        ("memory-limit = 4G", "memory_limit", 4 << 30),
        ("memory-limit =", "memory_limit", 0),
        ("page = false", "page", False),
        ("allow-host = Node.example, gateway", "allow_host", ("node.example", "gateway")),
        ("empty-refusals = Yes", "empty_refusals", True),
        ("empty_refusals = 0", "empty_refusals", False),
    ],
)
def test_node_keys_in_their_spellings(reading, line, setting, value):
    found = reading(f"[taosanode]\n{line}")
    assert getattr(found, setting) == value
    assert found.warnings == ()


def test_relative_paths_start_at_the_file(reading, tmp_path):
    found = reading("[uwsgi]\nlogto = log/a.log\n[taosanode]\nmodel-dir = model")
    assert (found.logto, found.model_dir) == (tmp_path / "log" / "a.log", tmp_path / "model")
    assert found.algorithm_dir == tmp_path / "resource" / "algo"


@pytest.mark.parametrize(
    ("lines", "patience", "longest"),
    [
        ("", 60, 1200),
        ("http-timeout = 1200", 60, 1200),
        ("http-timeout = 30", 30, 30),
        ("harakiri = 0", 60, 1200),
        ("harakiri = 90\nhttp-timeout = 1200", 60, 90),
        ("harakiri = 20", 20, 20),
    ],
)
def test_timeouts_limit_every_request_and_taosd_waits_a_minute(reading, lines, patience, longest):
    found = reading(f"[uwsgi]\n{lines}")
    assert (found.http_timeout_s, found.longest_request_s) == (patience, longest)


def test_foundation_models(reading):
    found = reading(
        "[tsfm-service]\nTDtsfm_1 =\ntimemoe_fc = http://gpu:5001/ds_predict\nchronos = http://gpu:6063/ds_predict"
    )
    others = {name: url for name, url in table.default_urls().items() if name not in ("tdtsfm_1", "timemoe-fc")}
    named = {"timemoe-fc": "http://gpu:5001/ds_predict", "chronos": "http://gpu:6063/ds_predict"}
    assert found.tsfm == {**others, **named}
    assert found.warnings == ()


def test_foundation_models_not_named_keep_their_address(reading):
    assert reading("[tsfm-service]\nchronos = http://gpu/x").tsfm == {**table.default_urls(), "chronos": "http://gpu/x"}
    assert table.default_urls()["tdtsfm_1"] == "http://127.0.0.1:6061/tdtsfm"
    assert table.default_urls()["timemoe-fc"] == "http://127.0.0.1:6062/ds_predict"


def test_a_foundation_model_that_imputes_comes_with_its_detail_type(reading):
    assert reading("[taosanode]\ndetail-types = imputation").tsfm["moment"] == "http://127.0.0.1:6066/imputation"
    assert "moment" not in reading("[taosanode]\ndetail-types = imputation\n[tsfm-service]\nmoment =").tsfm
    assert reading("[tsfm-service]\nmoment = http://gpu:1/x").tsfm["moment"] == "http://gpu:1/x"


def test_https_becomes_http_with_a_warning(reading):
    found = reading("[tsfm-service]\nchronos = https://gpu/x")
    assert found.tsfm["chronos"] == "http://gpu/x"
    assert warnings(found) == [
        "2: chronos = https://gpu/x: only http is spoken to a model service, taken as http://gpu/x"
    ]


def test_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.ini: cannot be read: No such file or directory"):
        load(tmp_path / "none.ini")


def test_placeholders_are_left_alone(reading, tmp_path):
    assert reading("[uwsgi]\nlogto = %(log)/$(X).log").logto == tmp_path / "%(log)" / "$(X).log"


def test_last_of_repeated_keys_counts(reading):
    found = reading("[uwsgi]\nthreads = 2\n[taosanode]\nqueue = 1\n[uwsgi]\nthreads = 3")
    assert found.threads == 3


def test_meaningless_keys_and_known_keys_do_not_overlap():
    known = {name for keys in settings.SECTIONS.values() for name in keys}
    assert not known & (foreign_keys.MEANINGLESS | foreign_keys.SOCKETS | foreign_keys.DAEMONIZE)


def test_embedded_node_writes_under_one_folder(tmp_path):
    found = embedded(tmp_path / "run")
    for path in (found.logto, found.app_log, found.pidfile, found.model_dir, found.algorithm_dir):
        assert path is not None
        assert path.is_relative_to(tmp_path / "run")
    assert found.stats is None
    assert found.http == ("127.0.0.1", 6090)
    assert not (tmp_path / "run").exists()


KEYS = st.sampled_from(
    [name for keys in settings.SECTIONS.values() for name in keys] + ["daemonize", "master", "chronos"]
)
VALUES = st.text(max_size=30) | st.sampled_from(["0", "1", "-1", "64M", ":6090", "/a", "[::1]:1", "http://h", "9" * 30])
LINES = st.one_of(
    st.builds("{} = {}".format, KEYS, VALUES),
    st.sampled_from(["[uwsgi]", "[taosanode]", "[tsfm-service]", "[x]", "; comment"]),
    st.text(max_size=30),
)


@hypothesis.settings(deadline=None)  # a test measures no time
@given(st.lists(LINES, max_size=20))
def test_any_file_is_either_read_or_refused_line_by_line(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("any") / "taosanode.ini"
    path.write_text("[uwsgi]\n" + "\n".join(lines), encoding="utf-8", errors="replace")
    try:
        said = list(load(path).warnings)
    except SettingsError as refusal:
        said = str(refusal).splitlines()
        event("refused")
    assert [line for line in said if not line.startswith(f"{path}:")] == []


def test_without_a_file_it_is_the_product_s_where_that_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = tmp_path / "taosanode.ini"
    monkeypatch.setattr(settings, "PRODUCT_CONFIG", product)
    assert settings.of_node(None) == settings.embedded()
    product.write_text("[taosanode]\nmodel-dir = elsewhere\n")
    assert settings.of_node(None).model_dir == tmp_path / "elsewhere"
    with pytest.raises(settings.SettingsError, match="cannot be read"):
        settings.of_node(tmp_path / "none.ini")

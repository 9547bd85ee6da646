import dataclasses
from pathlib import Path

import pytest

from appliance.host import settings, tdgpt_config
from appliance.host.settings import Settings, SettingsError
from appliance.host.tdgpt_config import Remark, Taken

# what the file of the newest releases sets, and how it sets it
NEWEST = """
import multiprocessing
on_windows = platform.system() == "Windows"
bind = '0.0.0.0:6035'
workers = 2
worker_class = 'sync'
threads = max(multiprocessing.cpu_count() / 4 + 1, 2)
max_requests = 1000
max_requests_jitter = 50
timeout = 1200
keepalive = 1200
accesslog = '/var/log/taos/taosanode/access.log'
errorlog = '/var/log/taos/taosanode/error.log'
waitresslog = '/var/log/taos/taosanode/waitress.log'
loglevel = 'debug'
proc_name = 'tdgpt_taosanode_app'
pidfile = join(_dir, 'taosanode.pid') if on_windows else '/usr/local/taos/taosanode/taosanode.pid'
virtualenv = '/usr/local/taos/taosanode/venv'
pythonpath = '/usr/local/taos/taosanode/lib/taosanalytics/'
wsgi_app = 'app:app'
preload_app = True
app_log = '/var/log/taos/taosanode/taosanode.app.log'
model_dir = '/usr/local/taos/taosanode/model/'
dynamic_model_dir = '/usr/local/taos/taosanode/model/dynamic'
img_dir = '/img'
log_level = 'DEBUG'
draw_result = False
models = {
    "tdtsfm": {"script": "s.py", "default_model": None, "port": 6161, "endpoint": "/tdtsfm", "algo_name": "tdtsfm_1"},
    "timemoe": {"port": 6162, "endpoint": "/ds_predict", "algo_name": "timemoe_fc", "required": True},
    "moirai": {"port": 6064, "endpoint": "/ds_predict", "required": False},
    "moment": {"port": 6066, "endpoint": "/imputation", "required": False},
}
timesfm_venv = '/var/lib/taos/taosanode/timesfm_venv'
waitress_config = {'threads': 4}
certfile = 'node.pem'
keyfile = '/etc/taos/node.key'
ssl_version = 'TLSv1_2'
ciphers = 'ECDHE+AESGCM'
"""


@pytest.fixture
def file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "taosanode.config.py"
        path.write_text(text)
        return path

    return write


def meant(found: Settings) -> Settings:
    """Settings without what tells one source from another."""
    return dataclasses.replace(found, source=None, warnings=())


def told(path: Path) -> list[str]:
    return [one.text for one in tdgpt_config.read(path) if isinstance(one, Remark)]


def test_every_key_of_the_newest_file_is_taken_or_named_with_its_line(file):
    path = file(NEWEST)
    named = {one.line for one in tdgpt_config.read(path)}
    silent = {"models = {", "}"}
    assert {number for number, line in enumerate(NEWEST.splitlines(), 1) if line and line not in silent} <= named
    found = settings.load(path)
    assert (found.http, found.processes, found.threads) == (("0.0.0.0", 6035), 2, 16)
    assert (found.longest_request_s, found.log_level) == (1200.0, "DEBUG")
    assert (found.certfile, found.keyfile) == (path.parent / "node.pem", Path("/etc/taos/node.key"))
    assert found.pidfile == Path("/usr/local/taos/taosanode/taosanode.pid")
    assert found.dynamic_model_dir == Path("/usr/local/taos/taosanode/model/dynamic")
    assert found.detail_types == ("imputation", "correlation")
    assert dict(found.tsfm) == {
        "tdtsfm_1": "http://127.0.0.1:6161/tdtsfm",
        "timemoe-fc": "http://127.0.0.1:6162/ds_predict",
        "moment": "http://127.0.0.1:6066/imputation",
        "moirai": "http://127.0.0.1:6064/ds_predict",
    }
    assert (
        f"{path}:7: threads = max(multiprocessing.cpu_count() / 4 + 1, 2): a call, no literal, the default holds"
        in (found.warnings)
    )


def test_the_ini_means_what_the_file_means(file, tmp_path):
    path = file(NEWEST)
    ini = tmp_path / "elsewhere" / "taosanode.ini"
    ini.parent.mkdir()
    ini.write_text(tdgpt_config.as_ini(path))
    assert meant(settings.load(ini)) == meant(settings.load(path))
    assert settings.load(ini).warnings == ()
    assert ";   line 6: worker_class has no meaning for this node" in ini.read_text()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "bind = open('/etc/passwd').read()",
            "bind = open('/etc/passwd').read(): a call, no literal, the default holds",
        ),
        ("bind = host + ':6035'", "bind = host + ':6035': a computation, no literal, the default holds"),
        ("bind = f'{host}:6035'", "bind = f'{host}:6035': a text with names in it, no literal, the default holds"),
        ("bind = '1:1' if x else '2:2'", "bind = '1:1' if x else '2:2': a choice, no literal, the default holds"),
        ("a, bind = 1, 'h:1'", "a, bind = (1, 'h:1'): no assignment of a literal, nothing is executed"),
        ("if True:\n  bind = 'h:1'", "if True:: no assignment of a literal, nothing is executed"),
        ("def on_exit(server): raise", "def on_exit(server):: no assignment of a literal, nothing is executed"),
        ("raise SystemExit(1)", "raise SystemExit(1): no assignment of a literal, nothing is executed"),
        ("colour = 'red'", "colour is no key of a TDgpt node, left out"),
        ("app_log = 'a #b'", "cannot stand in an ini file, left out"),
        ("models = {'mine': {'endpoint': '/x'}}", "models, mine: without a port, left out"),
        ("models = {'mine': 1, **others}", 'models: an entry must be "NAME": {...}, left out'),
        ("models = {'mine': {'port': p()}}", "models, mine, port: a call, no literal, left out"),
        ("pidfile = None", "pidfile = None: the default holds"),
    ],
)
def test_what_is_no_literal_is_named_and_never_executed(file, line, said):
    path = file(f"'''a docstring'''\n{line}\n")
    assert any(text.endswith(said) for text in told(path)), told(path)
    assert settings.load(path).http == ("127.0.0.1", 6090)
    assert {one.line for one in tdgpt_config.read(path) if isinstance(one, Remark)} <= {2, 3}


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("bind: str = '[::1]:6035'", "http", "[::1]:6035"),
        ("bind = ['0.0.0.0:6035']", "http", "0.0.0.0:6035"),
        ("timeout = 0", "http-timeout", "86400"),
        ("errorlog = '-'", "logto", ""),
        ("graceful_timeout = 45", "reload-mercy", "45"),
        ("tdtsfm_1 = 'http://127.0.0.1:6036/tdtsfm'", "tdtsfm_1", "http://127.0.0.1:6036/tdtsfm"),
        ("models = {'chronos': {'port': 6063, 'endpoint': 'x'}}", "chronos", "http://127.0.0.1:6063/x"),
        ("models = {'tdtsfm': {}}", "tdtsfm_1", "http://127.0.0.1:6061/tdtsfm"),
    ],
)
def test_a_key_becomes_a_line_of_the_ini(file, line, key, value):
    path = file(line)
    [found] = [one for one in tdgpt_config.read(path) if isinstance(one, Taken) and one.key != "detail-types"]
    assert (found.key, found.value, found.line) == (key, value, 1)
    settings.load(path)


def test_a_bad_value_is_refused_with_its_line(file):
    path = file("\nworkers = 0\nbind = '0.0.0.0'\n")
    with pytest.raises(SettingsError) as refused:
        settings.load(path)
    assert str(refused.value).splitlines() == [
        f"{path}:2: processes = 0: allowed: a whole number from 1 to 256",
        f"{path}:3: http = 0.0.0.0: allowed: host:port, port 1 to 65535",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [("bind = '0.0.0.0:6035\n", "1: no Python: unterminated string"), ("\n[uwsgi\n", "2: no Python"), ("(" * 500, "")],
)
def test_what_is_no_python_is_refused_with_its_line(file, text, said):
    with pytest.raises(SettingsError, match=r"taosanode\.config\.py:" + said):
        settings.load(file(text))
    with pytest.raises(SettingsError, match=r"taosanode\.config\.py:1: no Python"):
        settings.load(file("a = '\0'"))

"""What is wrong in a file of settings is told with its line, and what has no effect too."""

import pytest

from appliance.host.settings import SettingsError
from tests.appliance.host.test_settings import warnings


def refusals(reading, text: str) -> list[str]:
    """Return the lines of complaint about a file, without its name."""
    with pytest.raises(SettingsError) as refusal:
        reading(text)
    return [line.partition("taosanode.ini:")[2] for line in str(refusal.value).splitlines()]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[uwsgi]\n\nhttp = 6090", "3: http = 6090: allowed: host:port, port 1 to 65535"),
        ("[uwsgi]\nworkers = 0", "2: workers = 0: allowed: a whole number from 1 to 256"),
        ("[uwsgi]\nthreads = %k", "2: threads = %k: allowed: a whole number from 1 to 1024"),
        ("[uwsgi]\nhttp-timeout = 1m", "2: http-timeout = 1m: allowed: a whole number of seconds from 1 to 86400"),
        ("[uwsgi]\nthreads", "2: threads: allowed: a whole number from 1 to 1024"),
        ("[uwsgi]\nstats = tcp", "2: stats = tcp: allowed: host:port, the path of a UNIX socket, or nothing"),
        ("[taosanode]\nlog-level = LOUD", "2: log-level = LOUD: allowed: DEBUG, INFO, WARN, ERROR or CRITICAL"),
        ("[taosanode]\nmodel-dir =", "2: model-dir = : allowed: the path of a folder"),
        ("[taosanode]\nmax-body = 64X", "2: max-body = 64X: allowed: bytes from 1k to 1G, as in 64M"),
        (
            "[taosanode]\ndetail-types = forecasts",
            "2: detail-types = forecasts: allowed: all, or a comma-separated list of imputation, correlation, "
            "classification, regression",
        ),
        (
            "[uwsgi]\nallow-from = localhost",
            "2: allow-from = localhost: allowed: addresses and networks, as in 127.0.0.1, 10.0.0.0/8",
        ),
        (
            "[uwsgi]\nallow-from = 10.0.0.1/8",
            "2: allow-from = 10.0.0.1/8: allowed: addresses and networks, as in 127.0.0.1, 10.0.0.0/8",
        ),
        ("[uwsgi]\nssl-version = TLSv1", "2: ssl-version = TLSv1: allowed: TLSv1.2 or TLSv1.3"),
        (
            "[uwsgi]\ncertfile =\nca-file = /x",
            "3: ca-file = /x: means nothing without certfile: the node speaks plain HTTP",
        ),
        ("[uwsgi]\nallow-from = ,", "2: allow-from = ,: allowed: addresses and networks, as in 127.0.0.1, 10.0.0.0/8"),
        (
            "[taosanode]\nmemory-limit = 0",
            "2: memory-limit = 0: allowed: bytes from 512M to 1024G, as in 4G, or nothing",
        ),
        ("[tsfm-service]\nx = gpu", "2: x = gpu: allowed: a URL as in http://127.0.0.1:6061/tdtsfm"),
        (
            "[tsfm-service]\nx/y = http://gpu/",
            "2: x/y = http://gpu/: allowed: an algorithm name of at most 63 lower-case letters, digits, _ . -",
        ),
        (
            "[uwsgi]\ndaemonize = /x",
            "2: daemonize = /x: must stay commented out: systemd watches the process it started, and not a copy of it",
        ),
        ("[uwsgi]\n[broken", "2: [broken: neither [section] nor key = value"),
        ("http = :1", "1: http = :1: a section must come first: [uwsgi], [taosanode], [tsfm-service]"),
    ],
)
def test_bad_value_names_line_key_value_and_what_is_allowed(reading, text, complaint):
    assert refusals(reading, text) == [complaint]


def test_every_bad_value_is_named(reading):
    assert len(refusals(reading, "[uwsgi]\nhttp = x\nthreads = y\n[taosanode]\nqueue = z")) == 3


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("[uwsgi]\nmaster = true", "2: master has no meaning for this node, ignored"),
        ("[uwsgi]\nenv = A=1\nenv = B=2", "2: env has no meaning for this node, ignored"),
        ("[uwsgi]\nmaster", "2: master has no meaning for this node, ignored"),
        ("[uwsgi]\nenable_threads = true", "2: enable_threads has no meaning for this node, ignored"),
        ("[taosanode]\ndraw-result = 0", "2: draw-result has no meaning for this node, ignored"),
        ("[uwsgi]\nproceses = 2", "2: unknown key proceses, ignored; did you mean processes?"),
        ("[uwsgi]\nxyzzy = 2", "2: unknown key xyzzy, ignored"),
        ("[uwsgi]\nlog-level = INFO", "2: unknown key log-level, ignored; it belongs into [taosanode]"),
        ("[taosanode]\nhttp = :1", "2: unknown key http, ignored; it belongs into [uwsgi]"),
        ("[taosanodes]\na = 1\nb = 2", "2: unknown section [taosanodes], ignored; did you mean taosanode?"),
        (
            "[uwsgi]\nsocket = :3031",
            "2: socket is ignored: this node listens on `http` alone; `certfile` switches TLS on",
        ),
        ("[uwsgi]\nthreads = 2\nthreads = 3", "3: threads replaces threads of line 2: the last one counts"),
        ("[uwsgi]\nworkers = 2\nprocesses = 3", "3: processes replaces workers of line 2: the last one counts"),
        (
            "[uwsgi]\nlogto = %(log)/$(X).log",
            "2: logto = %(log)/$(X).log: placeholders are not replaced, the text is taken as it is",
        ),
    ],
)
def test_what_has_no_effect_is_named_with_its_line(reading, text, warning):
    assert warnings(reading(text)) == [warning]

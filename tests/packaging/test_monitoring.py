"""Rules and dashboard, by Prometheus itself: promtool on a recorded scrape, and a server that scrapes a node."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

import benchmarks.node
from tests.appliance.fake_server import answer, closed_port, serving

ROOT = Path(__file__).parent.parent.parent
RULES = ROOT / "packaging" / "monitoring" / "prometheus-rules.yml"
DASHBOARD = ROOT / "packaging" / "monitoring" / "grafana-dashboard.json"
RECORDED = Path(__file__).parent / "monitoring"  # scrape.txt: /metrics of a node with two workers
METRIC = re.compile(r"\b(?:taosanode|process)_\w+|\bup\b")


def program(name: str) -> str:
    found = shutil.which(name)
    assert found, "packaging/system-packages.sh test installs prometheus"
    return found


def expressions() -> list[str]:
    """The dashboard's, with Grafana's variables put in."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    found = [target["expr"] for panel in panels for target in panel["targets"]]
    return [one.replace("$instance", ".*").replace("$__rate_interval", "1m") for one in found]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def recorded() -> list[Any]:
    return list(text_string_to_metric_families((RECORDED / "scrape.txt").read_text()))


def test_each_alert_fires_when_it_should_and_rules_record_what_they_say() -> None:
    test = RECORDED / "rules-test.yml"
    subprocess.run([program("promtool"), "test", "rules", test], check=True, timeout=30)
    tried = {one["alertname"] for one in yaml.safe_load(test.read_text())["tests"][0]["alert_rule_test"]}
    assert tried == {rule["alert"] for rule in rules() if "alert" in rule}


def test_nothing_fires_on_the_recorded_scrape(tmp_path: Path) -> None:
    series = [{"series": 'up{job="taosanode",instance="a"}', "values": "1x15"}]
    for family in recorded():
        for one in family.samples:
            labels = {**one.labels, "instance": "a"} | ({"job": "taosanode"} if one.name.startswith("process") else {})
            pairs = ",".join(f'{key}="{value}"' for key, value in labels.items())
            series.append({"series": f"{one.name}{{{pairs}}}", "values": f"{one.value!r}x15"})
    silent = [{"alertname": rule["alert"], "eval_time": "15m", "exp_alerts": []} for rule in rules() if "alert" in rule]
    test = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "alert_rule_test": silent}],
    }
    (tmp_path / "test.yml").write_text(yaml.safe_dump(test))
    subprocess.run([program("promtool"), "test", "rules", tmp_path / "test.yml"], check=True, timeout=30)


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[str]:
    """A Prometheus with the rules that scrapes a node; ends with the test."""
    with contextlib.ExitStack() as ends:
        server = ends.enter_context(serving(answer('{"in_flight": 2, "queue": 1}')))
        services = f"[tsfm-service]\ntdtsfm_1 = {server.url}"
        node = ends.enter_context(benchmarks.node.Node(node=services))
        times = b'"forecast_rows": 3, "start": 1700000100000, "every": 1000, "wncheck"'
        asked = benchmarks.node.body("tdtsfm_1", 100).replace(b'"wncheck"', times)
        for path, body in (("/anomaly-detect", benchmarks.node.body("iqr", 100)), ("/forecast", asked)):
            url = f"http://{node.address[0]}:{node.address[1]}{path}"
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            urllib.request.urlopen(request, timeout=30).close()
        config = {
            "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms", "scrape_timeout": "500ms"},
            "rule_files": [str(RULES)],
            "scrape_configs": [
                {
                    "job_name": "taosanode",
                    "static_configs": [{"targets": [f"{node.address[0]}:{node.address[1]}"]}],
                }
            ],
        }
        (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
        address = f"127.0.0.1:{closed_port()}"
        with open(tmp_path / "log", "wb") as log:
            process = subprocess.Popen(
                [
                    program("prometheus"),
                    f"--config.file={tmp_path}/prometheus.yml",
                    f"--storage.tsdb.path={tmp_path}/data",
                    f"--web.listen-address={address}",
                ],
                stdout=log,
                stderr=log,
            )
        ends.callback(process.wait, 30)
        ends.callback(process.terminate)
        yield f"http://{address}"


def query(server: str, expression: str) -> list[Any]:
    with urllib.request.urlopen(
        f"{server}/api/v1/query?{urllib.parse.urlencode({'query': expression})}", timeout=10
    ) as reply:
        found: list[Any] = json.load(reply)["data"]["result"]
    return found


def until(server: str, expression: str) -> list[Any]:
    """Ask until there is an answer, for half a minute at most."""
    due = time.monotonic() + 30
    while time.monotonic() < due:
        with contextlib.suppress(OSError):
            if found := query(server, expression):
                return found
        time.sleep(0.1)
    return []


def test_every_metric_that_dashboard_and_rules_name_exists_and_every_expression_runs(prometheus: str) -> None:
    given = [rule["expr"] for rule in rules()]
    named = re.sub(r"instance\w*:\w+:\w+", "", "\n".join((*expressions(), *given)))  # without what rules record
    wanted = set(METRIC.findall(named))
    assert until(prometheus, "taosanode_workers offset 1s"), "a second of scrapes"
    assert until(prometheus, "taosanode_model_server_queue")
    missing = {name for name in wanted if not query(prometheus, name)}
    assert missing == set()
    for expression in expressions():
        query(prometheus, expression)  # HTTP 400 for one that is wrong
    assert until(prometheus, "instance:taosanode_slots:utilisation")

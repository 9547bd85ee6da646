"""A node installed where the TDgpt node was: that one came with a script, not with a package."""

from __future__ import annotations

from tests.package.managers import Manager
from tests.package.test_life import CONFIG, KEPT, PRODUCT, answers, our_files

UNIT = "/etc/systemd/system/taosanoded.service"
# As its unit, its scripts and its configuration are laid out; it shrugs SIGTERM off, like uWSGI.
FILES = {
    UNIT: f"""[Unit]
Description=TaosANode Service
[Service]
Type=simple
ExecStart={PRODUCT}/bin/start.sh
ExecStop={PRODUCT}/bin/stop.sh
TimeoutStopSec=120s
Restart=always
[Install]
WantedBy=multi-user.target
""",
    f"{PRODUCT}/bin/start.sh": "#!/bin/bash\ntrap '' TERM\nwhile :; do sleep 1; done\n",
    f"{PRODUCT}/bin/stop.sh": f"#!/bin/bash\npkill -9 -f {PRODUCT}/bin/start.sh\n",
    f"{PRODUCT}/lib/taosanalytics/app.py": "",
    CONFIG: "[uwsgi]\nhttp = 127.0.0.1:6090\nuid = root\nvirtualenv = /usr/local/taos/taosanode/venv/\nprocesses = 3\n",
    "/etc/taos/taosanode.config.py": "bind = '0.0.0.0:6035'\n",
    "/var/log/taos/taosanode/taosanode.log": "of long ago\n",
    "/var/lib/taos/taosanode/model/tdtsfm/taos.pth": "weights\n",
}


def test_takes_the_place_of_a_running_tdgpt_node(manager: Manager) -> None:
    machine = manager._machine
    for name, text in FILES.items():
        path = machine.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755 if name.endswith(".sh") else 0o644)
    machine.run("ln", "-s", "/var/log/taos/taosanode", f"{PRODUCT}/log")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "enable", "--now", "taosanoded")
    told = manager.install()
    assert f"whose unit is {UNIT}.tdgpt now" in told
    assert f"what /etc/taos/taosanode.config.py would make of it lies beside it as {CONFIG}.tdgpt" in told
    assert "http = 0.0.0.0:6035" in machine.run("cat", f"{CONFIG}.tdgpt")
    assert machine.property("FragmentPath").endswith("/lib/systemd/system/taosanoded.service")
    assert machine.property("UnitFileState") == "enabled"
    assert machine.property("ActiveState") == "active"
    assert answers(machine)
    assert machine.run("pgrep", "-f", f"{PRODUCT}/bin/start.sh", check=False) == ""
    assert machine.run("cat", CONFIG) == FILES[CONFIG].strip()
    assert machine.run("head", "-n", "1", "/var/log/taos/taosanode/taosanode.log") == "of long ago"
    machine.run("test", "-e", f"{CONFIG}.new")


def test_uninstalling_leaves_what_was_not_ours(manager: Manager) -> None:
    machine = manager._machine
    machine.run("rmtaosanode", "-y")
    theirs = {f"{UNIT}.tdgpt", "/etc/taos/taosanode.config.py", f"{PRODUCT}/lib/taosanalytics/app.py"}
    theirs |= {f"{PRODUCT}/bin/start.sh", f"{PRODUCT}/bin/stop.sh", "/var/lib/taos/taosanode/model/tdtsfm/taos.pth"}
    left = {path for path in our_files(machine) if not machine.path(path).is_dir()}
    assert left == theirs
    assert our_files(machine) >= KEPT

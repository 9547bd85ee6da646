"""Manage analysis nodes in SQL: CREATE, SHOW, UPDATE and DROP ANODE, as in TDengine's console.

Without --cluster the nodes are kept in a registry on this machine; with it the statements go to a TDengine cluster.
Without -s and -f statements are read from the terminal, or from standard input.

Credentials, of the cluster or for --serve, come from --credentials FILE or from the environment.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.host import addresses

if TYPE_CHECKING:
    from appliance.sql.answers import Engine
    from appliance.sql.cluster import Credentials

EXIT_STATUS = {
    0: "all statements succeeded",
    1: "a statement failed, the others were run all the same; or nothing could be run",
}
EPILOG = """
environment:
  TAOSANODE_SQL_TOKEN
      a token of the cluster
  TAOSANODE_SQL_USER, TAOSANODE_SQL_PASSWORD
      a user, root if missing, and the password
  SSL_CERT_FILE
      certificates to trust instead of the system's, if there is no --ca-file

files:
  /var/lib/taos/taosanode/anodes.db
      registry of root
  ~/.local/state/taosanode/anodes.db
      registry of other users
  ~/.local/state/taosanode/sql_history
      statements typed in the console

examples:
  taosanode sql
      the console
  taosanode sql -s "create anode '127.0.0.1:6090'; show anodes"
      register a node and look at all of them
  echo "show anodes full" | taosanode sql --csv
      the algorithms of all nodes as CSV
  taosanode sql --cluster https://db1:6041 --credentials ~/.taos-credentials -f nodes.sql
      run a file of statements on a cluster
"""

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("-s", "--statement", metavar="SQL", help="run these statements, separated by ;")
    source.add_argument("-f", "--file", type=Path, metavar="FILE", help="run the statements of a file")
    source.add_argument(
        "--serve",
        type=_address,
        metavar="HOST:PORT",
        help="answer /rest/sql as taosAdapter does, such as 127.0.0.1:6041",
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print each answer as a line of JSON, as taosAdapter does")
    shape.add_argument("--csv", action="store_true", help="print rows as CSV")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--registry", type=Path, metavar="FILE", help="the registry, another file than the usual one")
    where.add_argument("--cluster", metavar="URL", help="taosAdapter of a cluster: https://[user:password@]host:6041")
    parser.add_argument(
        "--credentials", type=Path, metavar="FILE", help="file whose first line is user:password or a token"
    )
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="certificates to trust instead of the system's")


def run(given: argparse.Namespace) -> int:
    """Run the statements, the console or the server."""
    from appliance.sql.answers import SqlError

    try:
        credentials = _credentials(given.credentials)
        engine = _engine(given, credentials)
        if given.serve:
            return _serve(given.serve, engine, credentials)
        if given.statement is None and given.file is None and sys.stdin.isatty():
            return _console(given, engine)
        text = _text(given)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except SqlError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    return _batch(given, engine, text)


def _text(given: argparse.Namespace) -> str:
    if given.statement is not None:
        return str(given.statement)
    try:
        return given.file.read_text(encoding="utf-8") if given.file else sys.stdin.read()
    except UnicodeDecodeError as error:
        raise OSError(f"{given.file or 'standard input'} is not UTF-8: {error.reason}") from error


def _engine(given: argparse.Namespace, credentials: Credentials | None) -> Engine:
    if given.cluster:
        from appliance.sql.cluster import Cluster

        return Cluster(given.cluster, credentials, given.ca_file)
    from appliance.sql import registry
    from appliance.sql.embedded import Embedded

    return Embedded(given.registry or registry.default_file())


def _credentials(file: Path | None) -> Credentials | None:
    from appliance.sql.cluster import Credentials, read_credentials

    if file:
        return read_credentials(file)
    token = os.environ.get("TAOSANODE_SQL_TOKEN", "")
    password = os.environ.get("TAOSANODE_SQL_PASSWORD", "")
    if token or password:
        return Credentials(os.environ.get("TAOSANODE_SQL_USER", "root"), password, token)
    return None


def _batch(given: argparse.Namespace, engine: Engine, text: str) -> int:
    from appliance.sql import render, statements

    found, rest = statements.split(text)
    if rest and not statements.blank(rest):
        found.append(rest)
    echo = not (given.json or given.csv)
    succeeded = True
    for statement in found:
        if statements.leaves(statement):
            break
        if echo:
            print(f"{render.PROMPT}{statement};")
        succeeded &= _run_one(given, engine, statement)
    return 0 if succeeded else 1


def _run_one(given: argparse.Namespace, engine: Engine, statement: str) -> bool:
    """Print the answer of one statement, return whether it succeeded."""
    from appliance.sql import render
    from appliance.sql.answers import SqlError

    start = time.perf_counter()
    try:
        answer = engine.execute(statement)
    except SqlError as error:
        sys.stdout.flush()
        text = render.error(error, time.perf_counter() - start)
        sys.stderr.write(text if given.json or given.csv else f"\n{text}\n")
        return False
    seconds = time.perf_counter() - start
    if given.json:
        sys.stdout.write(render.as_json(answer))
    elif given.csv:
        sys.stdout.write(render.as_csv(answer))
    else:
        sys.stdout.write(render.table(statement, answer, seconds))
    sys.stdout.flush()
    return True


def _console(given: argparse.Namespace, engine: Engine) -> int:
    from appliance.sql import console, registry

    where = "a cluster" if given.cluster else "the registry of this machine"
    print(f"Analysis nodes of {where}. Statements end with ;  Tab completes, quit leaves.\n")
    console.loop(engine, registry.state_folder() / "sql_history", lambda sql: _run_one(given, engine, sql))
    return 0


def _address(text: str) -> tuple[str, int]:
    from appliance.host.setting_values import address

    try:
        return address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"host:port is expected, got {text}") from None


def _serve(address: tuple[str, int], engine: Engine, credentials: Credentials | None) -> int:
    import signal

    from appliance.sql.cluster import Credentials
    from appliance.sql.rest import Server

    shown = addresses.host_port(*address)
    if credentials is None:
        if address[0] not in LOOPBACK:
            raise ValueError(f"--serve {shown} is open to others: give credentials, see --help")
        credentials = Credentials("root", "taosdata")  # as a new TDengine
    if credentials.token:
        raise ValueError("--serve needs user:password, not a token")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    server = Server(address, engine, credentials)

    def stop(number: int, frame: object) -> None:
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with server:
        sys.stderr.write(f"/rest/sql is answered at http://{shown}\n")
        server.serve_forever()
    return 0

"""Settings from the environment, as containers get them: a variable for each key of the file, which it replaces.

`TAOSANODE_MODEL_DIR` is the key `model-dir`, whichever section it stands in. A wrong name is refused, not ignored: who
writes such a variable means this node, and has no log in front of him.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from appliance.host import ini
from appliance.host.wording import did_you_mean

PREFIX = "TAOSANODE_"
TSFM_SECTION = "tsfm-service"
SERVICES = f"{PREFIX}TSFM_SERVICE"  # the lines of that section, whose keys are no fixed names, by commas or line ends
CREDENTIALS = f"{PREFIX}SQL_"  # of `taosanode sql`: none of the node's
OF_TDGPT = {"TAOSANODE_CERTFILE": "TDGPT_CERTFILE", "TAOSANODE_KEYFILE": "TDGPT_KEYFILE"}  # what TDgpt 3.4 calls them
# what Kubernetes sets in every container beside a service called taosanode or taosanode-..., and docker for links
DISCOVERY = re.compile(r"_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$")


def variable(key: str) -> str:
    """Return the variable that stands for a key."""
    return PREFIX + key.upper().replace("-", "_")


def spelled(line: ini.Entry) -> str:
    """Return a key as its author wrote it: a line number 0 is a variable, or one of the several lines in `SERVICES`."""
    if line.line:
        return line.key
    return f"{SERVICES}: {line.key}" if line.section == TSFM_SECTION else variable(line.key)


def lines(environ: Mapping[str, str], sections: Mapping[str, Collection[str]]) -> Iterator[ini.Entry]:
    """Yield what the environment says, as lines number 0 of a file.

    Parameters
    ----------
    environ : the variables; those of others are passed over, and the `mistakes`.
    sections : section -> its keys, with dashes.
    """
    known = _known(sections)
    for name, value in _ours(environ):
        if name in known:
            yield ini.Entry(*known[name], value, 0)
        elif name == SERVICES:
            for line in _listed(value):
                key, equals, url = map(str.strip, line.partition("="))
                if equals:
                    yield ini.Entry(TSFM_SECTION, key.lower(), url, 0)


def mistakes(environ: Mapping[str, str], sections: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Yield what there is to say about variables that are no setting."""
    known = [*_known(sections), SERVICES]
    for name, value in _ours(environ):
        if name not in known:
            yield f"{name} = {value}: no such setting{did_you_mean(name, known)}"
        elif name == SERVICES:
            yield from (f"{name}: {line}: no algorithm = URL" for line in _listed(value) if "=" not in line)


def _known(sections: Mapping[str, Collection[str]]) -> dict[str, tuple[str, str]]:
    return {variable(key): (section, key) for section, keys in sections.items() for key in keys}


def _listed(services: str) -> Iterator[str]:
    return filter(None, map(str.strip, re.split(r"[,\n]", services)))


def _ours(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    known = {ours: environ[theirs] for ours, theirs in OF_TDGPT.items() if theirs in environ}
    environ = {**known, **environ}
    for name in sorted(environ):
        if name.startswith(PREFIX) and not name.startswith(CREDENTIALS) and not DISCOVERY.search(name):
            yield name, environ[name].strip()

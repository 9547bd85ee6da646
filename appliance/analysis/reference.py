"""What an algorithm may be asked, told to people: prompt, manual and documentation have it from here."""

from __future__ import annotations

from typing import Any

from appliance.analysis import catalog
from appliance.analysis.catalog import Catalog
from appliance.analysis.kind import Kind
from appliance.analysis.kinds import BY_TYPE
from appliance.host.settings import Settings
from kernels.contract import Algorithm
from kernels.options import Declared, declared
from models import table

HEADINGS = ("option", "default", "values", "meaning")


def shipped() -> Catalog:
    """Return the algorithms that come with the node, those of all model servers it knows of included."""
    return catalog.ours(Settings(tsfm=table.default_urls(tuple(BY_TYPE))))


def own(algorithm: Algorithm) -> list[Declared]:
    """Return the options of an algorithm; those of a class of the operator's have no more than a default."""
    if algorithm.shown is not None:
        return [Declared(name, default, "", "") for name, default in algorithm.shown.items()]
    return list(declared(algorithm.params))


def shared(kind: Kind[Any], algorithm: Algorithm) -> list[Declared]:
    """Return the options that an algorithm has in common with the others of its kind."""
    names = {name for one in own(algorithm) for name in (one.name, *one.aliases)}
    return [one for one in kind.options if one.name not in names]


def cells(option: Declared) -> tuple[str, str, str, str]:
    """Return what stands under `HEADINGS` for an option."""
    also = f" (also {', '.join(option.aliases)})" if option.aliases else ""
    return option.name, _shown(option.default), option.values, f"{option.doc}{also}".strip()


def _shown(default: Any) -> str:
    if default in (None, ""):
        return "-"
    if isinstance(default, bool):
        return str(int(default))
    return f"{default:g}" if isinstance(default, float) else str(default)

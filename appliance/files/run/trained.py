"""Trained models among the algorithms that a command runs: by the name that the node has them under, or by a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from appliance.analysis.catalog import ByName, Catalog
from appliance.analysis.deployed.algorithms import Live, answering
from appliance.analysis.deployed.schema import BadModel
from appliance.analysis.deployed.store import SUFFIXES, Store, read_file
from appliance.files.series import UsageError
from appliance.host.settings import Settings
from kernels.contract import Algorithm


def called(name: str) -> str:
    """Return how an algorithm is called: in small letters, but for a file, whose name is left as it is."""
    return name if _is_file(name) else name.lower()


def with_models(catalog: Catalog, settings: Settings, names: Sequence[str] = ()) -> Catalog:
    """Return a catalogue whose algorithms are also the node's deployed models, and those of some files.

    names : what is asked for, the files among it.
    """
    store, files = Store(settings.dynamic_model_dir), {name.lower(): Path(name) for name in names if _is_file(name)}
    kinds = {kind: _Named(own, kind, store, files) for kind, own in catalog.kinds.items()}
    return dataclasses.replace(catalog, kinds=kinds)


def _is_file(name: str) -> bool:
    return name.endswith(SUFFIXES)


class _Named(Live):
    """The algorithms of one kind for who names one; all that there are, are the node's own."""

    def __init__(self, own: ByName, kind: str, store: Store, files: Mapping[str, Path]) -> None:
        super().__init__(own, kind, store)
        self._files = files

    def __getitem__(self, name: str) -> Algorithm:
        """Return an algorithm; raises UsageError for a file without a model, and what `Live` raises."""
        path = self._files.get(name.lower())
        if path is None:
            return super().__getitem__(name)
        try:
            model = read_file(path)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from error
        except BadModel as error:
            raise UsageError(f"{path}: {error}") from error
        return answering(name, model, self._kind)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

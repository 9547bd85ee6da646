r"""Bodies that TDengine's server breaks itself, made whole where there is one way to read them.

The server writes the user's option text between quotes as it is, so a ``"`` or ``\`` in it breaks the JSON; and 3.3.6
writes the whole line into 128 bytes, so that of a long text the end is missing, and with it the quote. What comes next
is known: the field that names the algorithm. A text that was cut keeps its whole pieces; what is left of the last one
says at least of that whether it can be done without.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from appliance.protocol import fields

_OPTION, _ALGO = (b'"%b"' % name.encode() for name in (fields.OPTION, fields.ALGO))
_OPENING = re.compile(rb'\s*:\s*"')
# what the body says too, in fields of its own that come first
_SAID_TWICE = frozenset(
    {
        fields.ALGO,
        fields.ROWS,
        fields.PRECISION,
        fields.NOISE_CHECK,
        fields.START,
        fields.EVERY,
        fields.CONF,
        fields.RETURN_CONF,
    }
)


@dataclass(frozen=True, slots=True)
class Mended:
    """A body with its option text made whole.

    cut : the rest of the piece of that text where the server cut it, None if all of it is there.
    """

    body: bytes
    cut: str | None = None

    @property
    def told(self) -> str:
        """What was done, for the log and the user."""
        if self.cut is None:
            return "the server has not escaped the option text, it was taken as it is"
        return f"the server has cut the option text, what it cut is left out: {self.cut!r} and all that followed"

    def lost(self, names: frozenset[str]) -> bool:
        """Tell whether the piece that was cut is, or may have become, one of these options."""
        key, equals, _ = (self.cut or "").partition("=")
        key = key.strip()
        return bool(key) and any(
            name == key if equals else name.startswith(key) for name in names if name not in _SAID_TWICE
        )


def mend(body: bytes | bytearray) -> Mended | None:
    """Return a body with its option text written properly, None where it is not clear what that text is."""
    if body.count(_OPTION) != 1 or body.count(_ALGO) != 1:
        return None
    end = body.find(_ALGO)
    opening = _OPENING.match(body, body.find(_OPTION) + len(_OPTION))
    if opening is None or end < opening.end():
        return None
    text, cut = bytes(body[opening.end() : end]), None
    whole = text.rstrip().removesuffix(b",").rstrip()
    try:
        if whole.endswith(b'"'):
            words = whole[:-1].decode()
        else:  # the cut may have split a character
            words, _, cut = text.decode(errors="ignore").rpartition(",")
    except UnicodeDecodeError:
        return None
    return Mended(b"%b%b,\n%b" % (bytes(body[: opening.end() - 1]), json.dumps(words).encode(), bytes(body[end:])), cut)

"""The one HTTP client: a request has a deadline for all of it, from the look-up of the name to the last byte.

`http.client` speaks the protocol but bounds every single read, so a server that sends a byte now and then is waited for
without end, and its caller's own deadline is never looked at. Here it writes to and reads from a `Channel`, which waits
for its socket no longer than the request has left. No thread is needed for that, but for the look-up of a name.

No proxy is used and no redirection followed, as is right between the parts of one installation.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from appliance.transport.channel import Channel, Late, Patience, connected

PORTS = {"http": 80, "https": 443}


class Answer(NamedTuple):
    """Status and body."""

    status: int
    body: bytes


class Failed(Exception):
    """A request without a usable answer.

    url : what was asked. reason : what happened, without the url.
    """

    def __init__(self, url: SplitResult, reason: str) -> None:
        super().__init__(f"{url.geturl()}: {reason}")
        self.url, self.reason = url, reason


class Unreachable(Failed):
    """No connection: no such host, nobody listens, or not within the time for it."""


class Untrusted(Unreachable):
    """The server's certificate is not trusted."""


class BadAnswer(Failed):
    """The connection broke, or what came is not HTTP or ends too early."""


class TooLong(BadAnswer):
    """The answer is longer than allowed."""


class NoAnswerInTime(Failed):
    """The time was over before the whole answer was there."""

    def __init__(self, url: SplitResult, waited_s: float) -> None:
        super().__init__(url, f"no answer within {waited_s:.1f} s")
        self.args = (f"{url.geturl()} did not answer within {waited_s:.1f} s",)
        self.waited_s = waited_s


class Client:
    """Sends requests from any thread; connections that a server keeps open are used again.

    Parameters
    ----------
    connect_s : for the connection alone, within the time of a request.
    max_answer : bytes.
    kept : idle connections to one server.
    context : what verifies certificates, that of the system if None.
    """

    def __init__(
        self, *, connect_s: float, max_answer: int, kept: int = 8, context: ssl.SSLContext | None = None
    ) -> None:
        self._connect_s, self._max_answer, self._kept, self._context = connect_s, max_answer, kept, context
        self._idle: dict[tuple[str, str], deque[_Connection]] = defaultdict(deque)

    def request(
        self,
        method: str,
        url: SplitResult,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        longest_s: float,
        out_of_time: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Ask and return the whole answer.

        A request on a connection that was kept, and which the server turns out to have closed, is sent once more.

        Parameters
        ----------
        longest_s : for everything.
        out_of_time : ends the waiting earlier; it is asked every 20 ms.

        Raises
        ------
        Unreachable, Untrusted, BadAnswer, TooLong, NoAnswerInTime
        """
        patience = Patience(longest_s, out_of_time)
        request = _Request(method, url, body, headers or {})
        try:
            connection = self._take(url)
            if connection is not None:
                with contextlib.suppress(ConnectionError, http.client.BadStatusLine):  # closed by the server meanwhile
                    return self._exchange(request, connection, patience)
            return self._exchange(request, self._connect(url, patience), patience)
        except Late:
            raise NoAnswerInTime(url, patience.waited()) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BadAnswer(url, _reason(error)) from error

    def close(self) -> None:
        """Close the idle connections."""
        for idle in list(self._idle.values()):
            while idle:
                idle.pop().hang_up()

    def _take(self, url: SplitResult) -> _Connection | None:
        try:
            return self._idle[url.scheme, url.netloc].pop()
        except IndexError:
            return None

    def _keep(self, url: SplitResult, connection: _Connection) -> None:
        idle = self._idle[url.scheme, url.netloc]
        if len(idle) < self._kept:
            idle.append(connection)
        else:
            connection.hang_up()

    def _connect(self, url: SplitResult, patience: Patience) -> _Connection:
        try:
            host, default_port = url.hostname or "", PORTS[url.scheme]
            port = url.port or default_port
            channel = Channel(connected(host, port, patience, self._connect_s), patience)
            try:
                if url.scheme == "https":
                    channel.secure(self._context or ssl.create_default_context(), host)
            except BaseException:
                channel.hang_up()
                raise
        except ssl.SSLCertVerificationError as error:
            raise Untrusted(url, error.verify_message) from error
        except (OSError, KeyError, ValueError) as error:
            raise Unreachable(url, _reason(error)) from error
        return _Connection(host, port, channel, default_port)

    def _exchange(self, request: _Request, connection: _Connection, patience: Patience) -> Answer:
        connection.channel.patience = patience
        method, url, body, headers = request
        try:
            path = url._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request(method, path, body, headers if self._kept else {"Connection": "close", **headers})
            with connection.getresponse() as response:
                told = response.read(self._max_answer + 1)
                if len(told) > self._max_answer:
                    raise TooLong(url, f"the answer is longer than {self._max_answer} bytes")
                if response.length:
                    raise BadAnswer(url, "the answer ends too early")
                reusable = response.isclosed() and not response.will_close
                answer = Answer(response.status, told)
        except BaseException:
            connection.hang_up()
            raise
        if reusable:
            self._keep(url, connection)
        else:
            connection.hang_up()
        return answer


class _Request(NamedTuple):
    method: str
    url: SplitResult
    body: bytes | None
    headers: Mapping[str, str]


class _Connection(http.client.HTTPConnection):
    """The protocol on one channel."""

    def __init__(self, host: str, port: int, channel: Channel, default_port: int) -> None:
        super().__init__(host, port)
        self.default_port = default_port
        self.channel: Channel = channel
        self.sock: Any = channel
        self.auto_open = 0  # a connection that was lost is not made anew behind the client's back

    def hang_up(self) -> None:
        self.close()
        self.channel.hang_up()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

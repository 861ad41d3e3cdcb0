"""mitmproxy add-on: reports the TLS handshakes that mitmproxy sees to soth-mitm, as provider `mitmproxy`.

    mitmdump -s soth_mitm_addon.py --set soth_socket=/run/soth/providers.sock

mitmproxy >= 8.1. Only `tls_start_*`, `tls_established_*`, `tls_failed_*` and `client_disconnected` are hooked; nothing is
changed. mitmproxy never waits: lines go into a bounded queue, from which a thread of its own writes them; while soth-mitm
is away, the oldest are given up. The protocol is in README.md.

mitmproxy gives a failure as one text, `conn.error`. `classify` reads it by the conditions by which mitmproxy itself made it
(`proxy/layers/tls.py`: `receive_handshake_data` and `ClientTLSLayer.on_handshake_error`).
"""

from __future__ import annotations

import collections
import json
import logging
import re
import select
import socket
import threading
from typing import Any, NamedTuple

try:
    from mitmproxy import ctx
except ImportError:  # the unit tests run without mitmproxy
    ctx = None

logger = logging.getLogger(__name__)

# Lines kept while soth-mitm does not read: about 2 MB.
QUEUE_LINES = 4096
# Wait before the next try to connect, seconds.
RECONNECT_SECONDS = 1.0
# A write that takes longer is a connection that hangs.
WRITE_SECONDS = 5.0
# As the door accepts them (src/shared/limits/providers.ts).
NAME_CHARACTERS = 255
DETAIL_CHARACTERS = 1024


class Failure(NamedTuple):
    reason: str
    sub_reason: str
    alert: int | None
    # `authoritative` where a peer or OpenSSL has said it in words, `inferred` where the connection only ended.
    source: str


# OpenSSL's words for an alert received. The prefix differs by generation: "tlsv1 alert", "sslv3 alert", "ssl/tls alert".
ALERTS = {
    "unexpected message": (10, "handshake_alert", "unexpected_message"),
    "bad record mac": (20, "handshake_alert", "bad_record_mac"),
    "record overflow": (22, "handshake_alert", "record_overflow"),
    "handshake failure": (40, "handshake_alert", "parameters"),
    "no certificate": (41, "handshake_alert", "no_certificate"),
    "bad certificate": (42, "cert_validation", "bad_certificate"),
    "unsupported certificate": (43, "cert_validation", "unsupported_certificate"),
    "certificate revoked": (44, "cert_validation", "certificate_revoked"),
    "certificate expired": (45, "cert_validation", "certificate_expired"),
    "certificate unknown": (46, "cert_validation", "certificate_unknown"),
    "illegal parameter": (47, "handshake_alert", "illegal_parameter"),
    "unknown ca": (48, "unknown_ca", "unknown_ca"),
    "access denied": (49, "handshake_alert", "access_denied"),
    "decode error": (50, "handshake_alert", "decode_error"),
    "decrypt error": (51, "handshake_alert", "decrypt_error"),
    "protocol version": (70, "handshake_alert", "version"),
    "insufficient security": (71, "handshake_alert", "parameters"),
    "internal error": (80, "handshake_alert", "internal_error"),
    "inappropriate fallback": (86, "handshake_alert", "version"),
    "certificate required": (116, "handshake_alert", "client_certificate"),
    "no application protocol": (120, "handshake_alert", "alpn"),
}
ALERT = re.compile(r"(?:tlsv1|tlsv13|sslv3|ssl/tls) alert ([a-z ]+)")

# X509_verify_cert_error_string, the first that is found; the names of docs/tls-failures.md.
VERIFICATION = (
    ("has expired", "expired"),
    ("not yet valid", "not_yet_valid"),
    ("hostname mismatch", "hostname_mismatch"),
    ("ip address mismatch", "hostname_mismatch"),
    ("certificate in certificate chain", "unknown_ca"),
    ("self signed", "self_signed"),
    ("self-signed", "self_signed"),
    ("issuer certificate", "unknown_ca"),
    ("unable to verify the first certificate", "unknown_ca"),
    ("revoked", "revoked"),
    ("key too weak", "weak_key"),
    ("digest algorithm too weak", "weak_digest"),
    ("subtree violation", "name_constraint"),
    ("purpose", "wrong_purpose"),
    ("invalid ca", "invalid_ca"),
    ("path length", "path_length"),
    ("crl", "revocation_unknown"),
    ("signature", "bad_signature"),
)


def classify(side: str, error: str) -> Failure:
    """The failure that mitmproxy's text tells of."""
    text = error.lower()
    if text.startswith("certificate verify failed"):
        fault = next((name for words, name in VERIFICATION if words in text), "other")
        # Of a client's certificate, mitmproxy would have to ask first.
        reason = "upstream_cert_invalid" if side == "upstream" else "other"
        return Failure(reason, fault, None, "authoritative")
    if "does not speak tls" in text:
        return Failure("not_tls", "text", None, "authoritative")
    if "cannot agree on a tls version" in text:
        return Failure("handshake_alert", "version", 70, "authoritative")
    if text.startswith("cannot parse clienthello"):
        return Failure("other", "malformed_client_hello", None, "inferred")
    alert = ALERT.search(text)
    if alert is not None and alert.group(1).strip() in ALERTS:
        number, reason, sub_reason = ALERTS[alert.group(1).strip()]
        return Failure(reason, sub_reason, number, "authoritative")
    if "connection closed early" in text:
        return Failure("eof", "closed_in_hello", None, "inferred")
    # mitmproxy words this for the operator ("The client disconnected during the handshake. …") before the hook sees it.
    if "connection closed" in text or "disconnected during the handshake" in text:
        return Failure("eof", "closed_in_handshake", None, "inferred")
    if "no suitable signature" in text or "no shared cipher" in text:
        return Failure("handshake_alert", "parameters", None, "authoritative")
    return Failure("other", "unknown", None, "inferred")


def format_address(address: Any) -> str:
    """`ip:port` or `[v6]:port`; mitmproxy has tuples of two or, for IPv6, four."""
    if not address:
        return ""
    host, port = str(address[0]), address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def drop_absent(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "")}


def event_of(name: str, side: str, data: Any) -> dict[str, Any]:
    """What every event says; `data` is mitmproxy's TlsData."""
    client, server = data.context.client, data.context.server
    address = server.address or (client.sni or "", 0)
    return {
        "provider": "mitmproxy",
        "event": name,
        "side": side,
        "host": str(address[0])[:NAME_CHARACTERS],
        "port": int(address[1]),
        "client": format_address(client.peername),
        "flow": str(client.id),
    }


def started(side: str, data: Any) -> dict[str, Any]:
    return event_of("tls_handshake_started", side, data) | drop_absent({"sni": data.conn.sni})


def established(side: str, data: Any) -> dict[str, Any]:
    conn = data.conn
    alpn = conn.alpn.decode("ascii", "replace") if conn.alpn else None
    return event_of("tls_handshake_succeeded", side, data) | drop_absent(
        {"sni": conn.sni, "version": conn.tls_version, "cipher": conn.cipher, "alpn": alpn}
    )


def failed(side: str, data: Any) -> dict[str, Any]:
    error = data.conn.error or ""
    failure = classify(side, error)
    return event_of("tls_handshake_failed", side, data) | drop_absent(
        {
            "sni": data.conn.sni,
            "reason": failure.reason,
            "sub_reason": failure.sub_reason,
            "alert": failure.alert,
            "source": failure.source,
            "detail": error[:DETAIL_CHARACTERS],
        }
    )


def closed(client: Any) -> dict[str, Any]:
    return {
        "provider": "mitmproxy",
        "event": "flow_closed",
        "side": "client",
        "host": "",
        "port": 0,
        "client": format_address(client.peername),
        "flow": str(client.id),
    }


class Forwarder:
    """Writes lines to a Unix socket from a thread of its own. `send` never waits."""

    def __init__(self, path: str, queue_lines: int = QUEUE_LINES, reconnect_seconds: float = RECONNECT_SECONDS) -> None:
        self.path = path
        self.dropped = 0
        self._reconnect_seconds = reconnect_seconds
        self._lines: collections.deque[bytes] = collections.deque(maxlen=queue_lines)
        self._changed = threading.Condition()
        self._closing = False
        self._socket: socket.socket | None = None
        self._complained = False
        self._thread = threading.Thread(target=self._run, name="soth-forwarder", daemon=True)
        self._thread.start()

    def send(self, event: dict[str, Any]) -> None:
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        with self._changed:
            if len(self._lines) == self._lines.maxlen:
                self.dropped += 1
            self._lines.append(line)
            self._changed.notify()

    def close(self, timeout: float = 2.0) -> None:
        """Writes what is waiting, where that is possible within `timeout`."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._lines and not self._closing:
                    self._changed.wait()
                if not self._lines:
                    break
                line = self._lines.popleft()
            if self._write(line):
                continue
            with self._changed:
                if self._closing:
                    break
                # Back to where it came from, unless newer lines have taken all room meanwhile.
                if len(self._lines) == self._lines.maxlen:
                    self.dropped += 1
                else:
                    self._lines.appendleft(line)
                self._changed.wait_for(lambda: self._closing, self._reconnect_seconds)
        self._disconnect()

    def _write(self, line: bytes) -> bool:
        try:
            if self._socket is None:
                self._socket = self._connect()
            self._socket.sendall(line)
            self._read_answers(self._socket)
        except OSError as error:
            self._disconnect()
            if not self._complained:
                logger.warning("soth-mitm is not reachable at %s: %s", self.path, error)
                self._complained = True
            return False
        return True

    def _connect(self) -> socket.socket:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(WRITE_SECONDS)
        try:
            connected.connect(self.path)
        except OSError:
            connected.close()
            raise
        self._complained = False
        return connected

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read_answers(self, connected: socket.socket) -> None:
        """soth-mitm answers lines that are wrong, and nothing else; they must not fill the socket."""
        if not select.select([connected], [], [], 0)[0]:
            return
        answer = connected.recv(65536)
        if answer == b"":
            raise ConnectionResetError("soth-mitm has closed the connection")
        logger.warning("soth-mitm refuses a line: %s", answer.decode("utf-8", "replace").strip())


class SothMitmAddon:
    def __init__(self) -> None:
        self.forwarder: Forwarder | None = None

    def load(self, loader: Any) -> None:
        loader.add_option("soth_socket", str, "", "Unix socket of soth-mitm's option providers.socket.")

    def configure(self, updated: set[str]) -> None:
        if "soth_socket" not in updated:
            return
        self.done()
        if ctx.options.soth_socket:
            self.forwarder = Forwarder(ctx.options.soth_socket)

    def done(self) -> None:
        if self.forwarder is not None:
            self.forwarder.close()
            self.forwarder = None

    def tls_start_client(self, data: Any) -> None:
        self._send(started("client", data))

    def tls_start_server(self, data: Any) -> None:
        self._send(started("upstream", data))

    def tls_established_client(self, data: Any) -> None:
        self._send(established("client", data))

    def tls_established_server(self, data: Any) -> None:
        self._send(established("upstream", data))

    def tls_failed_client(self, data: Any) -> None:
        self._send(failed("client", data))

    def tls_failed_server(self, data: Any) -> None:
        self._send(failed("upstream", data))

    def client_disconnected(self, client: Any) -> None:
        self._send(closed(client))

    def _send(self, event: dict[str, Any]) -> None:
        if self.forwarder is not None:
            self.forwarder.send(event)


addons = [SothMitmAddon()]

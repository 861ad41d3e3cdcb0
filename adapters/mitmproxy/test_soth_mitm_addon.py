"""Unit tests of the add-on, without mitmproxy: `python3 -m unittest` in this folder."""

import json
import os
import socket
import tempfile
import threading
import time
import types
import unittest

import soth_mitm_addon as addon

# mitmproxy's texts (8.1 to 11), the three OpenSSL generations, and what must come of them.
TABLE = [
    ("client", "The client does not trust the proxy's certificate for a.example (tlsv1 alert unknown ca)", ("unknown_ca", "unknown_ca", 48, "authoritative")),
    ("client", "The client does not trust the proxy's certificate for a.example (sslv3 alert bad certificate)", ("cert_validation", "bad_certificate", 42, "authoritative")),
    ("client", "The client does not trust the proxy's certificate for a.example (ssl/tls alert bad certificate)", ("cert_validation", "bad_certificate", 42, "authoritative")),
    ("client", "The client does not trust the proxy's certificate for a.example (OpenSSL Error([('SSL routines', '', 'sslv3 alert certificate unknown')]))", ("cert_validation", "certificate_unknown", 46, "authoritative")),
    ("client", "The client may not trust the proxy's certificate for a.example (OpenSSL Error([('SSL routines', '', 'sslv3 alert certificate expired')]))", ("cert_validation", "certificate_expired", 45, "authoritative")),
    ("client", "The client may not trust the proxy's certificate for a.example (OpenSSL Error([('SSL routines', 'ssl3_read_bytes', 'tlsv1 alert internal error')]))", ("handshake_alert", "internal_error", 80, "authoritative")),
    ("client", "The client disconnected during the handshake. If this happens consistently for a.example, this may indicate that the client does not trust the proxy's certificate.", ("eof", "closed_in_handshake", None, "inferred")),
    ("client", "connection closed", ("eof", "closed_in_handshake", None, "inferred")),
    ("client", "connection closed early", ("eof", "closed_in_hello", None, "inferred")),
    ("client", "Client and mitmproxy cannot agree on a TLS version to use. You may need to adjust …", ("handshake_alert", "version", 70, "authoritative")),
    ("client", "Cannot parse ClientHello: 160301", ("other", "malformed_client_hello", None, "inferred")),
    ("client", "The client may not trust the proxy's certificate for a.example (OpenSSL Error([('SSL routines', '', 'no shared cipher')]))", ("handshake_alert", "parameters", None, "authoritative")),
    ("client", "The client may not trust the proxy's certificate for unknown-ca.example (OpenSSL Error([]))", ("other", "unknown", None, "inferred")),
    ("client", "", ("other", "unknown", None, "inferred")),
    ("upstream", "Certificate verify failed: certificate has expired", ("upstream_cert_invalid", "expired", None, "authoritative")),
    ("upstream", "Certificate verify failed: self signed certificate", ("upstream_cert_invalid", "self_signed", None, "authoritative")),
    ("upstream", "Certificate verify failed: self-signed certificate in certificate chain", ("upstream_cert_invalid", "unknown_ca", None, "authoritative")),
    ("upstream", "Certificate verify failed: unable to get local issuer certificate", ("upstream_cert_invalid", "unknown_ca", None, "authoritative")),
    ("upstream", "Certificate verify failed: Hostname mismatch", ("upstream_cert_invalid", "hostname_mismatch", None, "authoritative")),
    ("upstream", "Certificate verify failed: something new", ("upstream_cert_invalid", "other", None, "authoritative")),
    ("upstream", "The remote server does not speak TLS.", ("not_tls", "text", None, "authoritative")),
    ("upstream", "The remote server and mitmproxy cannot agree on a TLS version to use.", ("handshake_alert", "version", 70, "authoritative")),
    ("upstream", "OpenSSL Error([('SSL routines', '', 'sslv3 alert handshake failure')])", ("handshake_alert", "parameters", 40, "authoritative")),
    ("upstream", "connection closed", ("eof", "closed_in_handshake", None, "inferred")),
]


def tls_data(error=None, side="client", server=("a.example", 443)):
    client = types.SimpleNamespace(
        id="c-1", peername=("10.0.0.1", 5), sni="a.example", alpn=b"h2", cipher="X", tls_version="TLSv1.3", error=error
    )
    upstream = types.SimpleNamespace(address=server, sni="a.example", alpn=None, cipher="Y", tls_version="TLSv1.2", error=error)
    context = types.SimpleNamespace(client=client, server=upstream)
    return types.SimpleNamespace(conn=client if side == "client" else upstream, context=context)


class Door:
    """A Unix socket that keeps the lines it gets."""

    def __init__(self, path):
        self.lines = []
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen()
        self.guests = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                guest, _ = self.server.accept()
            except OSError:
                return
            self.guests.append(guest)
            threading.Thread(target=self._read, args=(guest,), daemon=True).start()

    def _read(self, guest):
        with guest.makefile("rb") as lines:
            for line in lines:
                self.lines.append(json.loads(line))

    def close(self):
        self.server.close()
        for guest in self.guests:
            guest.shutdown(socket.SHUT_RDWR)
            guest.close()


def until(condition, seconds=5.0):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("did not come true in time")
        time.sleep(0.005)


class ClassifyTest(unittest.TestCase):
    def test_every_text(self):
        for side, error, expected in TABLE:
            with self.subTest(error=error, side=side):
                self.assertEqual(tuple(addon.classify(side, error)), expected)

    def test_reasons_fit_their_alerts(self):
        for number, reason, _ in addon.ALERTS.values():
            self.assertEqual(reason == "unknown_ca", number == 48)
            self.assertEqual(reason == "cert_validation", 42 <= number <= 46)


class EventTest(unittest.TestCase):
    def test_failed(self):
        event = addon.failed("client", tls_data("tlsv1 alert unknown ca"))
        self.assertEqual(
            event,
            {
                "provider": "mitmproxy",
                "event": "tls_handshake_failed",
                "side": "client",
                "host": "a.example",
                "port": 443,
                "client": "10.0.0.1:5",
                "flow": "c-1",
                "sni": "a.example",
                "reason": "unknown_ca",
                "sub_reason": "unknown_ca",
                "alert": 48,
                "source": "authoritative",
                "detail": "tlsv1 alert unknown ca",
            },
        )

    def test_established(self):
        event = addon.established("client", tls_data())
        self.assertEqual((event["version"], event["cipher"], event["alpn"]), ("TLSv1.3", "X", "h2"))
        self.assertNotIn("alpn", addon.established("upstream", tls_data(side="upstream")))

    def test_no_server_yet(self):
        event = addon.started("client", tls_data(server=None))
        self.assertEqual((event["host"], event["port"]), ("a.example", 0))

    def test_long_texts_are_cut(self):
        self.assertEqual(len(addon.failed("client", tls_data("x" * 5000))["detail"]), addon.DETAIL_CHARACTERS)

    def test_addresses(self):
        self.assertEqual(addon.format_address(("::1", 5, 0, 0)), "[::1]:5")
        self.assertEqual(addon.format_address(None), "")


class ForwarderTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "s")

    def forwarder(self, **options):
        forwarder = addon.Forwarder(self.path, reconnect_seconds=0.02, **options)
        self.addCleanup(forwarder.close)
        return forwarder

    def test_lines_arrive_in_order(self):
        door = Door(self.path)
        self.addCleanup(door.close)
        forwarder = self.forwarder()
        for number in range(500):
            forwarder.send({"n": number})
        until(lambda: len(door.lines) == 500)
        self.assertEqual([line["n"] for line in door.lines], list(range(500)))
        self.assertEqual(forwarder.dropped, 0)

    def test_never_waits_and_gives_up_the_oldest(self):
        forwarder = self.forwarder(queue_lines=10)
        before = time.monotonic()
        for number in range(10_000):
            forwarder.send({"n": number})
        self.assertLess(time.monotonic() - before, 2.0)
        self.assertGreaterEqual(forwarder.dropped, 9_980)
        door = Door(self.path)
        self.addCleanup(door.close)
        until(lambda: door.lines and door.lines[-1]["n"] == 9_999)
        self.assertLessEqual(len(door.lines), 11)

    def test_reconnects(self):
        first = Door(self.path)
        forwarder = self.forwarder()
        forwarder.send({"n": 1})
        until(lambda: len(first.lines) == 1)
        first.close()
        os.unlink(self.path)
        # The first write after a peer has gone may still succeed: what it carried is lost with the connection.
        forwarder.send({"n": 2})
        time.sleep(0.05)
        second = Door(self.path)
        self.addCleanup(second.close)
        forwarder.send({"n": 3})
        until(lambda: {"n": 3} in second.lines)

    def test_a_door_that_does_not_read_holds_nobody_up(self):
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(self.path)
        server.listen()
        forwarder = self.forwarder(queue_lines=100)
        before = time.monotonic()
        for number in range(20_000):
            forwarder.send({"n": number, "pad": "x" * 100})
        self.assertLess(time.monotonic() - before, 5.0)

    def test_close_writes_what_waits(self):
        door = Door(self.path)
        self.addCleanup(door.close)
        forwarder = addon.Forwarder(self.path)
        for number in range(50):
            forwarder.send({"n": number})
        forwarder.close()
        until(lambda: len(door.lines) == 50)


class AddonTest(unittest.TestCase):
    def test_every_hook_reports_once_and_none_without_a_socket(self):
        instance = addon.SothMitmAddon()
        instance.tls_start_client(tls_data())
        seen = []
        instance.forwarder = types.SimpleNamespace(send=seen.append, close=lambda: None)
        for name in ("tls_start", "tls_established", "tls_failed"):
            getattr(instance, f"{name}_client")(tls_data("connection closed"))
            getattr(instance, f"{name}_server")(tls_data("connection closed", side="upstream"))
        instance.client_disconnected(tls_data().context.client)
        self.assertEqual(
            [(event["event"], event["side"]) for event in seen],
            [
                ("tls_handshake_started", "client"),
                ("tls_handshake_started", "upstream"),
                ("tls_handshake_succeeded", "client"),
                ("tls_handshake_succeeded", "upstream"),
                ("tls_handshake_failed", "client"),
                ("tls_handshake_failed", "upstream"),
                ("flow_closed", "client"),
            ],
        )
        instance.done()
        self.assertIsNone(instance.forwarder)


if __name__ == "__main__":
    unittest.main()

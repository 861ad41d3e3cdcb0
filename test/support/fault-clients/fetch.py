"""Fetches each URL of standard input's lines (JSON: url, ca, timeout) through the proxy sys.argv[1], and says how it went, a JSON line each."""
import http.client
import json
import socket
import ssl
import sys
from urllib.parse import urlsplit


def fetch(url, ca, timeout):
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=ca)
    connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context, timeout=timeout)
    connection.set_tunnel(parts.hostname, parts.port)
    try:
        connection.request("GET", parts.path)
        response = connection.getresponse()
        return {"ok": response.status, "octets": len(response.read())}
    except Exception as error:
        reason = getattr(error, "verify_message", None) or getattr(error, "reason", None) or str(error)
        return {"error": type(error).__name__, "detail": str(reason)}
    finally:
        connection.close()


def main():
    for line in sys.stdin:
        case = json.loads(line)
        print(json.dumps(fetch(case["url"], case["ca"], case["timeout"])), flush=True)


main()

"""GETs argv[2] through the proxy on port argv[1]; argv[3] is the protocol version. Trusts the system's roots."""

import http.client
import ssl
import sys

version = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}[sys.argv[3]]
context = ssl.create_default_context()
context.minimum_version = context.maximum_version = version
host, port = sys.argv[2].removeprefix("https://").rstrip("/").split(":")
connection = http.client.HTTPSConnection("127.0.0.1", int(sys.argv[1]), context=context, timeout=20)
connection.set_tunnel(host, int(port))
connection.request("GET", "/")

"""GETs argv[2] through the proxy on port argv[1]; argv[3] is the protocol version, argv[4] the interface. Trusts the system's roots."""

import asyncio
import http.client
import socket
import ssl
import sys

version = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}[sys.argv[3]]
context = ssl.create_default_context()
context.minimum_version = context.maximum_version = version
host, port = sys.argv[2].removeprefix("https://").rstrip("/").split(":")
proxy = ("127.0.0.1", int(sys.argv[1]))


def by_sockets():
    connection = http.client.HTTPSConnection(*proxy, context=context, timeout=20)
    connection.set_tunnel(host, int(port))
    connection.request("GET", "/")


async def by_asyncio():
    """As aiohttp and httpx.AsyncClient do it: TLS over the event loop's transport."""
    tunnel = socket.create_connection(proxy, timeout=20)
    tunnel.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    tunnel.recv(4096)
    tunnel.setblocking(False)
    await asyncio.open_connection(sock=tunnel, ssl=context, server_hostname=host)


if sys.argv[4:] == ["asyncio"]:
    asyncio.run(by_asyncio())
else:
    by_sockets()

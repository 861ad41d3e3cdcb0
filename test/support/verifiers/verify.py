"""Verifies leaves with Python's ssl as 3.13 does by default: reads `port host` lines, handshakes with 127.0.0.1:port as host."""

import socket
import ssl
import sys

context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
for line in sys.stdin:
    port, host = line.split()
    try:
        with socket.create_connection(("127.0.0.1", int(port))) as plain:
            with context.wrap_socket(plain, server_hostname=host):
                print("ok")
    except Exception as error:
        print(type(error).__name__, error)

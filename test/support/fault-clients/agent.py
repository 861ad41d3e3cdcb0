"""An agent in Python: asks sys.argv[1] for a message until it gets one. It trusts and goes through what the environment says.

    agent.py URL wait      waits as long as retry-after says
    agent.py URL hurry     asks again at once
"""
import sys
import time
import urllib.error
import urllib.request

for attempt in range(4):
    try:
        with urllib.request.urlopen(urllib.request.Request(sys.argv[1], data=b"{}"), timeout=30) as response:
            response.read()
            sys.exit(0)
    except urllib.error.HTTPError as error:
        if sys.argv[2] == "wait":
            time.sleep(float(error.headers.get("retry-after", "0.2")))
sys.exit(1)

"""Health check of a container: ``ready.py PORT [PATH]`` ends with 0 while the service on loopback answers 200."""

import os
import sys
from http.client import HTTPConnection

port, path = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "/ready"
token = os.environ.get("QM_TOKEN")
connection = HTTPConnection("127.0.0.1", port, timeout=3)
connection.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
answer = connection.getresponse()
if answer.status != 200:
    sys.exit(f"{answer.status}: {answer.read().decode()}")

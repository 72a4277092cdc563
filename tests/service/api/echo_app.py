"""A WSGI application that says how much body reached it; the real server runs it behind BodyLimit."""

import json
import os
from pathlib import Path

from service.api.body import BodyLimit

LIMIT = 3_000_000


def echo(environ, start_response):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    seen = 0
    while seen < length:
        block = environ["wsgi.input"].read(min(65536, length - seen))
        if not block:
            break
        seen += len(block)
    body = json.dumps({"length": length, "seen": seen}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return iter([body])


def folder() -> Path:
    return Path(os.environ["SPOOL"])


application = BodyLimit(echo, LIMIT, folder)

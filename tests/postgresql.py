"""An empty database of a test's own on PostgreSQL, where one answers."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

SERVER = os.environ.get("ASSAY_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@contextmanager
def empty_database() -> Iterator[str]:
    """Its URL; gone afterwards. The test is skipped where no server answers."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip(f"no PostgreSQL answers at {SERVER}")
    name = f"assay_test_{uuid.uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name}")
    try:
        yield SERVER.rsplit("/", 1)[0] + f"/{name}"
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()

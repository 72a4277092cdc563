"""Which children `up` runs, with what, and how each is known to be well."""

import http.client
import sys
from datetime import timedelta
from pathlib import Path

from django.db import DatabaseError, connection
from django.utils import timezone

from service.models import WorkerBeat
from service.settings.env import PROJECT, Config
from service.supervisor.chain import EmbeddedChain
from service.supervisor.child import ChildSpec

WORKER_SECONDS = 20.0  # a job in hand may take this long to finish before it is left to its lease
BEAT_STALE = timedelta(seconds=30)
# One arena: with glibc's default of several, large files in threads cost two thirds of the speed.
MEMORY = {"MALLOC_ARENA_MAX": "1"}
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to ask when listening on all of them


def specs(config: Config, host: str, port: int, chain: EmbeddedChain | None) -> list[ChildSpec]:
    """The children, in the order in which they are stopped."""
    environment = {**MEMORY, "ASSAY_DATA_DIR": str(config.data_dir)}
    if chain is not None:
        environment["CHAIN_RPC_URL"] = chain.rpc_url
    children = [_web(config, host, port, environment), *_workers(config, environment)]
    if chain is not None:
        children.append(_chain(chain))
    return children


def _web(config: Config, host: str, port: int, environment: dict[str, str]) -> ChildSpec:
    command = (sys.executable, "-m", "service.supervisor.web", "--host", host, "--port", str(port))
    sizes = ("--workers", str(config.web_workers), "--threads", str(config.web_threads))

    def healthy() -> bool:
        asked = http.client.HTTPConnection(ANY_ADDRESS.get(host, host), port, timeout=5)
        try:
            asked.request("GET", "/healthz", headers={"Host": f"127.0.0.1:{port}"})
            return asked.getresponse().status == http.HTTPStatus.OK
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            asked.close()

    return ChildSpec("web", lambda: (*command, *sizes), PROJECT, environment, healthy, stop_seconds=15.0)


def _workers(config: Config, environment: dict[str, str]) -> list[ChildSpec]:
    manage = (sys.executable, str(PROJECT / "manage.py"), "worker")
    if not config.broker_url:
        return [_beating("worker", manage, environment)]
    celery = (sys.executable, "-m", "celery", "-A", "service.jobs.celery_app", "worker", "--pool", "solo")
    quiet = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    return [
        _beating("sweeper", (*manage, "--sweep-only"), environment),
        ChildSpec("worker", lambda: (*celery, *quiet), PROJECT, environment, stop_seconds=WORKER_SECONDS),
    ]


def _beating(name: str, command: tuple[str, ...], environment: dict[str, str]) -> ChildSpec:
    """A worker that writes its sign of life into the database."""

    def healthy() -> bool:
        try:
            now = timezone.now()
            seen = WorkerBeat.objects.filter(name=name, seen_at__range=(now - BEAT_STALE, now + BEAT_STALE))
            return seen.exists()
        except DatabaseError:
            return True  # no fault of the worker's, and starting it again would not mend the database
        finally:
            connection.close()

    named = (*command, "--name", name)
    return ChildSpec(
        name, lambda: named, PROJECT, environment, healthy, stop_seconds=WORKER_SECONDS, start_seconds=120.0
    )


def _chain(chain: EmbeddedChain) -> ChildSpec:
    return ChildSpec(
        "chain",
        chain.command,
        PROJECT,
        healthy=chain.healthy,
        interval=2.0,
        start_seconds=30.0,
        before_stop=chain.dump_and_stop,
    )


def log_folder(config: Config) -> Path:
    """Where the children's output is kept."""
    return config.data_dir / "logs"

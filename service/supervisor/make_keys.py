"""`python -m service.supervisor.make_keys`: makes the keys that the data folder lacks."""

import django


def main() -> None:
    """Make them through the wiring, so that they lie where every other process looks for them."""
    django.setup()
    from service import wiring

    wiring.signer()
    wiring.log_key()
    wiring.chains()


if __name__ == "__main__":
    main()

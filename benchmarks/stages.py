"""Runs inside a throw-away installation: the time of each stage, and plain c2pa-python beside it.

`python -m benchmarks.stages FILE…` prints one JSON object; ASSAY_DATA_DIR names the installation.
"""

import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WARM_UP = 5
PLAIN: dict[str, Any] = {
    "claim_generator_info": [{"name": "peer", "version": "1"}],
    "format": "image/jpeg",
    "assertions": [
        {
            "label": "c2pa.actions.v2",
            "data": {
                "actions": [
                    {
                        "action": "c2pa.created",
                        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
                    }
                ]
            },
        }
    ],
}
"""What the SDK's own examples sign: one action."""


def main(names: list[str]) -> None:
    """Attest the files one after another in this process and print the seconds spent."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "service.settings.embedded"
    import django

    django.setup()
    import logging

    logging.getLogger().setLevel(logging.WARNING)
    print(json.dumps(_measured([Path(name) for name in names])))


def _measured(files: list[Path]) -> dict[str, Any]:
    from service import pipeline, wiring
    from service.cli import home, local
    from service.jobs import runner
    from service.stages import STAGES

    home.prepare()
    account = home.local_account()
    wiring.warm()
    spent: dict[str, float] = defaultdict(float)
    for path in files[:WARM_UP]:
        local.submit(account, path, pipeline.AttestRequest("human", path.name))
    runner.run_until_idle()
    pipeline.seal()
    for state in list(STAGES):
        STAGES[state] = _timed(STAGES[state], spent)
    counted = files[WARM_UP:]
    begun = time.perf_counter()
    for path in counted:
        with _clock(spent, "receive and store"):
            local.submit(account, path, pipeline.AttestRequest("human", path.name))
    with _clock(spent, "jobs"):
        while runner.run_until_idle(limit=len(counted) * 4):
            if not _waiting():
                break
    with _clock(spent, "seal"):
        pipeline.seal()
    total = time.perf_counter() - begun
    inside = sum(spent[stage] for stage in spent if stage not in ("receive and store", "jobs", "seal"))
    spent["queue and states"] = spent.pop("jobs") - inside
    wiring.inspector().close()
    return {"files": len(counted), "seconds": total, "stages": dict(spent), "peer": _peer(counted)}


def _waiting() -> bool:
    from service.models import Submission
    from service.stages import STAGES

    return Submission.objects.filter(state__in=list(STAGES)).exists()


def _timed(stage: Callable[..., Any], spent: dict[str, float]) -> Callable[..., Any]:
    def run(submission: Any) -> Any:
        with _clock(spent, stage.__name__):
            return stage(submission)

    return run


@contextmanager
def _clock(spent: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    spent[name] += time.perf_counter() - begun


def _peer(files: list[Path]) -> dict[str, float]:
    """Seconds that c2pa-python alone takes to sign the same files with the same key: nothing else is done."""
    import c2pa
    from django.conf import settings

    folder = Path(settings.DATA_DIR) / "pki"
    info = c2pa.C2paSignerInfo("es256", (folder / "chain.pem").read_bytes(), _key(folder), None)
    kinds = {
        "no thumbnail, not read back": {
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"verify_after_sign": False},
        },
        "no thumbnail, read back": {
            "builder": {"thumbnail": {"enabled": False}},
            "verify": {"verify_after_sign": True},
        },
        "the SDK's defaults": {},
    }
    found = {}
    for name, kind in kinds.items():
        trust = {"verify": {"verify_trust": False}} if not kind else {}
        chosen = c2pa.Settings.from_json(json.dumps({"version": 1, **trust, **kind}))
        context = c2pa.Context(chosen, c2pa.Signer.from_info(info))
        few = files[: 10 if not kind else len(files)]
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as out:
            for path in few:
                builder = c2pa.Builder(json.dumps(PLAIN), context=context)
                with path.open("rb") as source, (Path(out) / path.name).open("w+b") as target:
                    builder.sign("image/jpeg", source, target)
        found[name] = (time.perf_counter() - begun) / len(few)
    return found


def _key(folder: Path) -> bytes:
    return (folder / "signer.key").read_bytes()


if __name__ == "__main__":
    main(sys.argv[1:])

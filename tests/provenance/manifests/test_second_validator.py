"""What we sign, read by a validator that shares no code with the SDK that signed it."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from provenance.assets.intake import from_path
from provenance.assets.limits import Limits
from provenance.inspection.reader import Inspector
from provenance.inspection.second_opinion import Agreement, second_opinion
from provenance.manifests.manifest import Declaration, SoftBinding, TrainingChoice
from provenance.manifests.writer import ManifestWriter

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("encypher_c2pa") is None, reason="encypher-c2pa is not installed"
)


def test_the_second_validator_agrees_on_every_format_with_all_that_can_be_declared(
    media: dict[str, Path],
    human: Declaration,
    writer: ManifestWriter,
    inspector: Inspector,
    tmp_path: Path,
) -> None:
    declaration = replace(
        human,
        soft_bindings=(SoftBinding("io.iscc.v0", "ISCC:KACYPXW4"), SoftBinding("org.example.code", "00ff")),
        training=TrainingChoice.CONSTRAINED,
        author="Ada",
        embed_text=True,
    )
    for extension, path in media.items():
        made = writer.sign(from_path(path, Limits()), declaration, tmp_path, "out")
        signed = from_path(made.signed_path, Limits())
        opinion = second_opinion(signed, inspector.inspect(signed), inspector.trust)
        assert opinion.status is Agreement.AGREES, (extension, opinion)

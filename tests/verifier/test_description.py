"""docs/formats/verifier-js.md describes what the module gives."""

import json
import re

from tests.verifier.conftest import MODULE, ROOT, Ask, b64

PAGE = (ROOT / "docs" / "formats" / "verifier-js.md").read_text()


def test_every_field_of_the_result_is_described_and_no_other(ask: Ask) -> None:
    proof = (ROOT / "docs" / "formats" / "proof.md").read_text().split("```json\n")[1].split("```")[0]
    digest = json.loads(proof)["opening"]["digests"]["file"]
    asked = {"op": "verify", "proof": b64(proof.encode()), "digests": {"file": digest}, "pins": {}}
    result = ask([asked])[0]["value"]
    table = PAGE.split("| in the result | is |\n|---|---|\n")[1].split("\n\n")[0]
    rows = dict(re.fullmatch(r"\| (.*?) \| (.*) \|", row).groups() for row in table.splitlines())  # type: ignore[union-attr]
    assert sorted(name for cell in rows for name in re.findall(r"`(\w+)`", cell)) == sorted(result)
    anchor = set(re.findall(r"`(\w+)`", rows["`anchors`"]))
    assert set(result["anchors"][0]) <= anchor


def test_the_example_imports_what_is_exported() -> None:
    exported = re.search(r"import \{ (.*) \} from \"./assay-proof.mjs\"", PAGE)
    assert exported is not None
    source = (MODULE / "assay-proof.mjs").read_text()
    for name in exported[1].split(", "):
        assert re.search(rf"^export (?:async function {name}\b|\{{.*\b{name}\b.*\}})", source, re.MULTILINE)

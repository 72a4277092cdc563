"""Conforming products: a certificate's name leads to its record, and to the one that promises least."""

import json
from pathlib import Path
from typing import Any

import pytest

from provenance.errors import TrustListInvalid
from provenance.trust.files import load
from provenance.trust.lists import TrustStore
from provenance.trust.products import Product, ProductList, parse_products


def record(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "recordId": f"record-{number}",
        "status": changes.get("status", "conformant"),
        "product": {
            "productType": changes.get("type", "generatorProduct"),
            "DN": {"CN": "Camera", "O": "Maker, Inc.", "OU": "", "C": "US", **changes.get("DN", {})},
            "assurance": {"maxAssuranceLevel": changes.get("level", 2)},
        },
        "dates": {"lastModification": changes.get("day", "2026-08-05")},
    }


def listed(*records: dict[str, Any]) -> TrustStore:
    return TrustStore(products=(parse_products("products", json.dumps(records).encode()),))


def test_a_certificates_name_leads_to_its_product() -> None:
    store = listed(record(1), record(2, DN={"CN": "Editor"}, level=1))
    assert store.product("Camera", "Maker, Inc.", None, "US") == Product(
        "Camera", "Maker, Inc.", "record-1", "conformant", 2
    )
    assert store.product("ＣＡＭＥＲＡ", " Maker,  Inc.", "", "us") is not None
    assert TrustStore().product("Camera", "Maker, Inc.", None, "US") is None


@pytest.mark.parametrize(
    "name",
    [
        ("Camera", "Faker, Inc.", "", "US"),
        ("Camera", "Maker, Inc.", "Other unit", "US"),
        ("Camera", "Maker, Inc.", "", "CN"),
        ("Camera", None, None, None),
        ("Cаmera", "Maker, Inc.", "", "US"),
    ],
)
def test_all_parts_of_the_name_count(name: tuple[str | None, ...]) -> None:
    assert listed(record(1)).product(*name) is None


def test_a_product_that_only_validates_vouches_for_no_signature() -> None:
    assert listed(record(1, type="validatorProduct")).product("Camera", "Maker, Inc.", "", "US") is None


def test_of_several_records_of_one_name_the_one_that_promises_least_is_told() -> None:
    store = listed(record(1, level=2), record(2, level=1))
    assert store.product("Camera", "Maker, Inc.", "", "US").assurance_level == 1  # type: ignore[union-attr]
    withdrawn = listed(record(1, level=1), record(2, level=2, status="revoked"))
    assert withdrawn.product("Camera", "Maker, Inc.", "", "US").status == "revoked"  # type: ignore[union-attr]


def test_the_lists_version_is_the_day_of_its_last_change() -> None:
    (found,) = listed(record(1), record(2, day="2026-08-20"), record(3, day="2026-08-01")).products
    assert found.version == "2026-08-20"


@pytest.mark.parametrize(
    "records",
    [
        [],
        [1],
        [{}],
        [record(1) | {"recordId": ""}],
        [record(1) | {"status": 1}],
        [record(1), record(1)],
        [record(1, DN={"CN": "x" * 301})],
        [record(1, level=10)],
        [record(1, level="2")],
        [record(1, day="soon")],
    ],
    ids=["none", "number", "empty", "no id", "status", "twice", "long", "level", "text level", "day"],
)
def test_a_malformed_list_of_products_is_refused(records: list[Any]) -> None:
    with pytest.raises(TrustListInvalid):
        parse_products("products", json.dumps(records).encode())


def test_the_official_list_of_products_loads(shared: Path) -> None:
    found = load(shared / "vectors/c2pa-conformance/conforming-products/conforming-products-list.json")
    assert isinstance(found, ProductList)
    assert (len(found.records), found.version) == (174, "2026-08-20")
    pixel = found.product("Pixel Camera", "Google LLC", None, "US")
    assert pixel is not None
    assert (pixel.status, pixel.assurance_level) == ("conformant", 2)

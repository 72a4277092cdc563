"""Conforming products: which products C2PA's conformance programme knows by the name in their certificate."""

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provenance.errors import TrustListInvalid
from provenance.trust import fields

CONFORMANT = "conformant"
_GENERATOR = "generatorProduct"
_MAX_LEVEL = 9

DistinguishedName = tuple[str, str, str, str]
"""Common name, organisation, unit and country as compared: see `_comparable`."""


@dataclass(frozen=True, slots=True)
class Product:
    """The entry of a list of conforming products that bears the signing certificate's name."""

    name: str
    organisation: str
    record_id: str
    status: str
    assurance_level: int | None = None


@dataclass(frozen=True, slots=True)
class ProductList:
    """One version of a list of conforming products. `sha256` is the hex digest of `document`, as published.

    `issued` is the day of the last change that the list records. `generators` are the products that sign;
    those that only validate have no say over a signature.
    """

    name: str
    document: bytes
    sha256: str
    version: str
    issued: datetime | None
    generators: tuple[tuple[DistinguishedName, Product], ...]
    records: tuple[tuple[str, str], ...]
    source: str = ""

    def product(
        self, common_name: str | None, organisation: str | None, unit: str | None, country: str | None
    ) -> Product | None:
        """The product of that name; see `TrustStore.product`."""
        wanted = _comparable(common_name, organisation, unit, country)
        found = [product for name, product in self.generators if name == wanted]
        if not found:
            return None
        # A product may be listed once for each of its versions, under one name. The certificate does not tell
        # which version signed, so the record that promises least is told.
        return min(found, key=lambda each: (each.status == CONFORMANT, each.assurance_level or 0))


def parse_products(name: str, document: bytes, version: str = "", source: str = "") -> ProductList:
    """The official list's JSON, an array of records; `version` defaults to the day of its last change.

    Raises TrustListInvalid for anything else.
    """
    records = fields.read_json(document)
    if not isinstance(records, list) or not records:
        raise TrustListInvalid("A list of conforming products is a JSON array of records.")
    generators, summaries, days = [], {}, []
    for each in records:
        record = fields.obj(each, "record")
        product, name_of_it = _product(record)
        signs = fields.text(fields.obj(record["product"], "product"), "productType") == _GENERATOR
        if signs:
            generators.append((name_of_it, product))
        summaries[product.record_id] = _summary(product, signs=signs)
        days.append(fields.moment(fields.obj(record.get("dates", {}), "dates"), "lastModification"))
    if len(summaries) != len(records):
        raise TrustListInvalid("Two records of the list of conforming products have one recordId.")
    issued = max((day for day in days if day), default=None)
    return ProductList(
        name=name,
        document=document,
        sha256=hashlib.sha256(document).hexdigest(),
        version=version or (issued.date().isoformat() if issued else ""),
        issued=issued,
        generators=tuple(generators),
        records=tuple(sorted(summaries.items())),
        source=source,
    )


def _product(record: Mapping[str, Any]) -> tuple[Product, DistinguishedName]:
    inner = fields.obj(record.get("product"), "product")
    name = fields.obj(inner.get("DN"), "DN")
    parts = [fields.text(name, part) for part in ("CN", "O", "OU", "C")]
    assurance = fields.obj(inner.get("assurance", {}), "assurance")
    level = fields.number(assurance, "maxAssuranceLevel", _MAX_LEVEL)
    record_id, status = fields.text(record, "recordId"), fields.text(record, "status")
    if not parts[0] or not record_id or not status:
        raise TrustListInvalid("A record of the list of conforming products lacks its name, id or status.")
    return Product(parts[0], parts[1], record_id, status, level), _comparable(*parts)


def _summary(product: Product, *, signs: bool) -> str:
    does = f"assurance level {product.assurance_level or 'unknown'}" if signs else "validates only"
    return f"{product.name}, {product.organisation}: {product.status}, {does}"


def _comparable(
    common_name: str | None, organisation: str | None, unit: str | None, country: str | None
) -> DistinguishedName:
    """Names as RFC 5280 section 7.1 compares them: case, width and spacing aside."""

    def folded(part: str | None) -> str:
        return " ".join(unicodedata.normalize("NFKC", part or "").casefold().split())

    return folded(common_name), folded(organisation), folded(unit), folded(country)

"""Any published list from its bytes: PEM, C2PA's JSON list of trusted entities, or of conforming products."""

from dataclasses import replace

from provenance.errors import TrustListInvalid
from provenance.trust import fields
from provenance.trust.certificates import are_clocks, from_pem
from provenance.trust.lists import ListKind, TrustList, check_name, make_list
from provenance.trust.lote import parse_lote
from provenance.trust.naming import fit_name
from provenance.trust.products import ProductList, parse_products

PRODUCTS = "C2PA Conforming Products"
"""What the official list of products is called here; it does not name itself."""

MAX_SOURCE = 500
_TSA_SUFFIX = ".tsa"
_BOM = b"\xef\xbb\xbf"


def parse(
    document: bytes,
    *,
    file_name: str = "",
    name: str | None = None,
    kind: ListKind | str | None = None,
    version: str = "",
    source: str = "",
) -> TrustList | ProductList:
    """The list in `document`, of whichever form its first bytes show.

    What is not given is read from the list, else from `file_name`: PEM is named after the file, and
    `NAME.tsa.pem` holds time-stamping authorities. Raises TrustListInvalid (`trust_list_too_large`,
    `trust_list_empty`, `trust_list_kind`, else `trust_list_invalid`).
    """
    fields.check_size(document)
    source = fields.printable(source, MAX_SOURCE)
    start = document.removeprefix(_BOM).lstrip()[:1]
    if start == b"[":
        if kind is not None:
            raise TrustListInvalid("A list of conforming products has no kind.", code="trust_list_kind")
        chosen = name or PRODUCTS
        check_name(chosen, version)
        return parse_products(chosen, document, version, source)
    if start == b"{":
        made = parse_lote(fields.read_json(document), name, kind or _kind_of_file(file_name), version)
    else:
        stem = file_name.rsplit(".", 1)[0]
        found = from_pem(document)
        chosen_kind = (
            kind or _kind_of_file(file_name) or (ListKind.TSA if are_clocks(found) else ListKind.MANIFEST)
        )
        made = make_list(name or fit_name(stem), chosen_kind, found, version)
    return replace(made, source=source)


def _kind_of_file(file_name: str) -> ListKind | None:
    return ListKind.TSA if file_name.rsplit(".", 1)[0].lower().endswith(_TSA_SUFFIX) else None

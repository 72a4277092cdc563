"""The API as a whole: its routers, its error handling, its OpenAPI document."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Schema
from ninja.openapi.schema import OpenAPISchema

from service.api.attestations import Withdrawal
from service.api.attestations import router as attestations
from service.api.banks import router as banks
from service.api.campaigns import router as campaigns
from service.api.crossorigin import readable_anywhere
from service.api.decisions import router as decisions
from service.api.problems import guarded, on_exception
from service.api.proofs import router as proofs
from service.api.range import Digests
from service.api.range import router as lookups
from service.api.schemas import Problem, described
from service.api.screenings import router as screenings
from service.api.verifications import router as verifications
from service.api.webhook import router as webhook

_ABOUT = (
    "Who vouches for these bytes, and have we seen this before? Errors are RFC 9457 problem+json with a "
    "stable `code`; each is explained in docs/formats/errors.md."
)
_RANGE = {
    "get": {
        "operationId": "range",
        "summary": "Range",
        "description": "Every attested digest under a prefix of five hex digits: k-anonymous, cacheable.",
        "tags": ["look-up"],
        "parameters": [
            {
                "in": "path",
                "name": "prefix",
                "required": True,
                "schema": {"type": "string", "pattern": "^[0-9a-fA-F]{5}$"},
            }
        ],
        "responses": {
            "200": {
                "description": "lines of `SUFFIX STATUS LEAF`, or JSON when Accept asks for it",
                "content": {
                    "text/plain": {"schema": {"type": "string"}},
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["prefix", "suffixes"],
                            "properties": {
                                "prefix": {"type": "string"},
                                "suffixes": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["suffix", "status", "leaf_index"],
                                        "properties": {
                                            "suffix": {"type": "string"},
                                            "status": {"enum": ["attested", "revoked"]},
                                            "leaf_index": {"type": "integer"},
                                        },
                                    },
                                },
                            },
                        }
                    },
                },
            },
            "304": {"description": "unchanged since the ETag sent"},
            **described({422: "not five hex digits"}),
        },
    }
}


class Api(NinjaAPI):
    """NinjaAPI whose every view answers problems, and whose document knows the plain views too.

    `named` are the schemas of bodies that are read by hand; `plain` the paths of views that are not ninja's.
    With `anywhere`, pages of other origins may read what it answers to a GET.
    """

    named: tuple[type[Schema], ...] = (Problem,)
    plain: Mapping[str, Any] = MappingProxyType({})
    anywhere = False

    def __init__(self, **options: Any) -> None:
        super().__init__(openapi_url=None, docs_url=None, **options)
        self.add_exception_handler(Exception, on_exception)
        for known in list(self._exception_handlers):
            self.add_exception_handler(known, on_exception)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                view = guarded(pattern.callback)
                pattern.callback = readable_anywhere(view) if self.anywhere else view
        return patterns

    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> OpenAPISchema:
        """The OpenAPI 3.1 document."""
        document = super().get_openapi_schema(*args, **kwargs)
        schemas = document["components"]["schemas"]
        for named in self.named:
            schemas.setdefault(
                named.__name__, named.model_json_schema(ref_template="#/components/schemas/{model}")
            )
        document["paths"].update(self.plain)
        return document

    def document(self, path_prefix: str) -> JsonResponse:
        """The OpenAPI document as a response; it needs no page from somebody else's server to be read."""
        response = JsonResponse(self.get_openapi_schema(path_prefix=path_prefix))
        response["Cache-Control"] = "public, max-age=300"
        return response


api = Api(title="Assay", version="1", description=_ABOUT, urls_namespace="api")
api.named = (Problem, Withdrawal, Digests)
api.plain = {"/api/v1/range/{prefix}": _RANGE}
api.add_router("/attestations", attestations)
api.add_router("/verifications", verifications)
api.add_router("/screenings", screenings)
api.add_router("/campaigns", campaigns)
api.add_router("/decisions", decisions)
api.add_router("/banks", banks)
api.add_router("/webhook", webhook)
api.add_router("", lookups)
api.add_router("", proofs)


def openapi(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document."""
    return api.document("api/v1/")

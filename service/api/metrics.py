"""What `/metrics` shows: states counted in the database, requests counted in this process."""

from collections.abc import Iterator

from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from attest.models import CheckpointRow, LeafRow
from service.models import Job, JobState, State, Submission

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "assay_requests",
    "Requests answered by this web process.",
    ("route", "method", "status"),
    registry=REGISTRY,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Stored:
    """Counts read from the database at each scrape, so that every process shows the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Gauges by state; none of them when the database does not answer (`assay_database_up` is 0 then)."""
        up = GaugeMetricFamily("assay_database_up", "Whether the database answered this scrape.")
        try:
            gauges = [
                _by_state("assay_submissions", "Submissions by state.", Submission, list(State)),
                _by_state("assay_jobs", "Jobs by state.", Job, list(JobState)),
                GaugeMetricFamily("assay_leaves", "Leaves in the log.", LeafRow.objects.count()),
                GaugeMetricFamily("assay_checkpoints", "Sealed checkpoints.", CheckpointRow.objects.count()),
            ]
        except DatabaseError:
            gauges, answered = [], 0
        else:
            answered = 1
        up.add_metric([], answered)
        yield up
        yield from gauges


def _by_state(
    name: str, about: str, model: type[Submission] | type[Job], states: list[State] | list[JobState]
) -> GaugeMetricFamily:
    counted = dict(model.objects.order_by().values_list("state").annotate(Count("pk")))
    gauge = GaugeMetricFamily(name, about, labels=["state"])
    for state in states:
        gauge.add_metric([state.value], counted.get(state.value, 0))
    return gauge


REGISTRY.register(_Stored())


def count(request: HttpRequest, response: HttpResponseBase) -> None:
    """Count one answered request under its route (never its path: ids would make a series each)."""
    match = request.resolver_match
    route = match.route if match else "unmatched"
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(route, method, str(response.status_code)).inc()


def exposition() -> tuple[bytes, str]:
    """The text exposition and its content type."""
    return generate_latest(REGISTRY), CONTENT_TYPE_LATEST

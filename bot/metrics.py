"""What the process counts, for `/metrics`. Names and labels are public."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


@dataclass(slots=True)
class Request:
    """One HTTP request; `outcome` is what came of it, one word of few."""

    outcome: str = "no_answer"


class Requests:
    """Requests to one service."""

    def __init__(self, count: Counter, seconds: Histogram) -> None:
        self._count = count
        self._seconds = seconds

    @contextmanager
    def counted(self, method: str) -> Iterator[Request]:
        """Count one request when it is over, with the time that it took; whoever makes it sets the outcome."""
        request, asked_at = Request(), time.monotonic()
        try:
            yield request
        finally:
            self._count.labels(method, request.outcome).inc()
            self._seconds.observe(time.monotonic() - asked_at)


class Metrics:
    """One registry per service, so that two services in one process do not share figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter("statusbot_events", "Events taken in.", ["kind"], registry=self.registry)
        self.commands = Counter(
            "statusbot_commands", "Commands by what became of them.", ["command", "outcome"], registry=self.registry
        )
        self.replies = Counter("statusbot_replies", "Messages sent to chats.", registry=self.registry)
        self.portal = Requests(
            Counter(
                "statusbot_portal_requests",
                "HTTP requests to the portal.",
                ["method", "outcome"],
                registry=self.registry,
            ),
            Histogram("statusbot_portal_seconds", "Seconds until the portal answered.", registry=self.registry),
        )
        self.cronofy = Requests(
            Counter(
                "statusbot_cronofy_requests", "HTTP requests to Cronofy.", ["method", "outcome"], registry=self.registry
            ),
            Histogram("statusbot_cronofy_seconds", "Seconds until Cronofy answered.", registry=self.registry),
        )
        self.pending = Gauge("statusbot_pending", "Events stored and not yet finished.", registry=self.registry)
        self.limiter_wait = Histogram(
            "statusbot_limiter_wait_seconds", "Seconds a request waited for the portal's quota.", registry=self.registry
        )

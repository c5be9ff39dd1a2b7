"""What the process counts, for `/metrics`. Names and labels are public."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """One registry per service, so that two services in one process do not share figures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter("statusbot_events", "Events taken in.", ["kind"], registry=self.registry)
        self.commands = Counter(
            "statusbot_commands", "Commands by what became of them.", ["command", "outcome"], registry=self.registry
        )
        self.replies = Counter("statusbot_replies", "Messages sent to chats.", registry=self.registry)
        self.portal_requests = Counter(
            "statusbot_portal_requests", "HTTP requests to the portal.", ["method", "outcome"], registry=self.registry
        )
        self.portal_seconds = Histogram(
            "statusbot_portal_seconds", "Seconds until the portal answered.", registry=self.registry
        )
        self.pending = Gauge("statusbot_pending", "Events stored and not yet finished.", registry=self.registry)
        self.limiter_wait = Histogram(
            "statusbot_limiter_wait_seconds", "Seconds a request waited for the portal's quota.", registry=self.registry
        )

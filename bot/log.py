"""structlog: readable lines on a terminal, JSON for machines, secrets masked at every depth."""

import logging
import sys
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from bot import tracing

# Keys whose values never appear, wherever they stand (contract B.7).
SECRET_KEYS = frozenset(
    "access_token refresh_token application_token client_secret code auth auth_id refresh_id secret_key".split()
)
MASK = "***"


def mask(value: Any) -> Any:
    """Return `value` with what stands under a secret key replaced, at every depth."""
    if isinstance(value, Mapping):
        return {k: MASK if str(k).lower() in SECRET_KEYS else mask(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask(item) for item in value]
    return value


def _mask_secrets(_logger: Any, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    masked: dict[str, Any] = mask(line)
    return masked


def _name_request(_logger: Any, _name: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say for which request something is done."""
    if (trace := tracing.current()) is not None:
        line["request_id"] = trace.request_id
    return line


def quiet_retries() -> None:
    """Have repeated attempts told at level debug only, and by the name of their cause.

    By default each is a warning that shows arguments and causes, and those may hold anything.
    """
    set_on_retry_hooks([_tell_retry])


def _tell_retry(details: RetryDetails) -> None:
    reason = type(details.caused_by).__name__
    structlog.get_logger().debug(
        "retry.waits", reason=reason, number=details.retry_num, wait_s=round(details.wait_for, 1)
    )


class _Libraries(logging.Handler):
    """Writes what libraries have to say in the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._tell(record)
        except Exception:  # noqa: BLE001 - which is no trouble of whom the library serves
            self.handleError(record)

    def _tell(self, record: logging.LogRecord) -> None:
        try:
            message = record.getMessage()
        except Exception:  # noqa: BLE001 - its words do not go together
            message = str(record.msg)
        level = min(record.levelno // 10 * 10, logging.CRITICAL)  # one that structlog has a name for
        structlog.get_logger().log(
            level, "library.complained", library=record.name, message=message, exc_info=record.exc_info
        )


def configure(level: str, form: Literal["console", "json"] | None) -> None:
    """Set up logging of the process.

    Args:
        level: Name of the lowest level shown.
        form: `console` or `json`; None chooses by whether standard error is a terminal.
    """
    console = form == "console" or (form is None and sys.stderr.isatty())
    # Tracebacks in both forms are without the values of local variables: those may be tokens.
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if console:
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_request,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _mask_secrets,
    ]
    if not console:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries: their warnings only. httpx would print addresses with secrets at level info (contract B.7).
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()])
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)

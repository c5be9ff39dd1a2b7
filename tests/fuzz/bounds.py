"""How long to try: a repeatable moment in `make test`, and with `--hypothesis-profile=long` ever new examples for minutes."""

from hypothesis import HealthCheck, settings

LONG = "long"
# Slow is what draws bodies out of samples; that says nothing about the code that reads them.
_UNHURRIED = [HealthCheck.too_slow, HealthCheck.filter_too_much]

settings.register_profile(LONG, deadline=None, max_examples=3000, suppress_health_check=_UNHURRIED)


def bounded(examples: int) -> settings:
    """Return the settings of a property: so many examples, the same ones each time, or as the long profile says."""
    if settings.get_current_profile_name() == LONG:
        return settings.get_profile(LONG)
    return settings(
        deadline=None, max_examples=examples, derandomize=True, database=None, suppress_health_check=_UNHURRIED
    )

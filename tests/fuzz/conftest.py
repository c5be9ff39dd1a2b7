"""Makes the long profile known before the command line asks for it."""

from tests.fuzz import bounds

__all__ = ["bounds"]

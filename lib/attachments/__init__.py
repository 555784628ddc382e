"""Pictures, files and recordings of a request: fetched where the service cannot, checked, and put into the body."""

from .address_policy import ALLOW_PRIVATE_URLS
from .connect import Guard
from .download import Downloads
from .errors import AddressRefused, NotFetched, NotThere, TooLarge, WrongKind
from .inline import inline

__all__ = [
    "ALLOW_PRIVATE_URLS",
    "AddressRefused",
    "Downloads",
    "Guard",
    "NotFetched",
    "NotThere",
    "TooLarge",
    "WrongKind",
    "inline",
]

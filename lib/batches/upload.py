"""The file of a batch, as the service takes it: one request a line, in the form of a web page's upload."""

from __future__ import annotations

import json
import mmap
import tempfile
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from .errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_BYTES = 200_000_000
_BOUNDARY = "batch-f7e0d1b2c5a94f3f8a6b"  # JSON has no line ends within a line, so no line can look like it
CONTENT_TYPE = f"multipart/form-data; boundary={_BOUNDARY}"


def write_line(custom_id: str, url: str, body: Mapping[str, Any]) -> bytes:
    """Return one line of the file; raise ValueError for a number that JSON has no word for."""
    line = {"custom_id": custom_id, "method": "POST", "url": url, "body": body}
    return json.dumps(line, separators=(",", ":"), allow_nan=False).encode() + b"\n"


@contextmanager
def form_of(lines: Iterable[bytes], days_kept: int | None = None) -> Iterator[mmap.mmap]:
    """Yield the body of the upload, which stands in a temporary file and not in memory.

    Raise InvalidInput if it is larger than the service takes, BatchError if the disk is full.
    """
    with ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.TemporaryFile(prefix="batch-"))
            file.write(_head(days_kept))
            size = 0
            for line in lines:
                size += len(line)
                if size > MOST_BYTES:
                    raise InvalidInput(_TOO_LARGE, pointer="/requests")
                file.write(line)
            file.write(f"\r\n--{_BOUNDARY}--\r\n".encode())
            file.flush()
            body = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except OSError as fault:
            raise BatchError("batch_no_space", f"{fault.strerror or fault}.") from fault
        yield body


_TOO_LARGE = (
    f"the file of all lines has more than {MOST_BYTES // 1_000_000} MB, the most that the service takes; split the "
    "list, or let pictures be fetched by the service (https addresses instead of data)"
)


def _head(days_kept: int | None) -> bytes:
    fields = {"purpose": "batch"}
    if days_kept is not None:
        fields |= {"expires_after[anchor]": "created_at", "expires_after[seconds]": str(days_kept * 86_400)}
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="requests.jsonl"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    return "".join((*parts, file)).encode()

"""Bodies and attachments in the object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pysailor.platform.object_storage import NoObjectStorage, ObjectStorage, ObjectStorageError, UnusableObject
from pysailor.platform.rest import Tries
from pysailor.platform.variables import Storage
from pysailor.wire.cipher import RAW, Cipher
from tests.support.web import CLOSED, Web

if TYPE_CHECKING:
    from collections.abc import Iterator

CIPHER = Cipher("testCryptoPassword", "iv=any16_symbols")
OBJECTS = "/objects"
HEADERS = {"Authorization": "Bearer token", "x-request-id": "f:flow;s:step_1;m:m1"}


@pytest.fixture
def storage(web: Web, waits: list[float]) -> Iterator[ObjectStorage]:
    settings = Storage(f"{web.base}/", "token", object_size=1000)
    with ObjectStorage(settings, CIPHER, "flow", "step_1", tries=Tries(3, 0.1, waits.append)) as made:
        yield made


def test_a_body_is_fetched_and_decrypted(web: Web, storage: ObjectStorage) -> None:
    web.get(f"{OBJECTS}/id1", body=CIPHER.encode({"a": [1]}, RAW), wants=HEADERS)
    assert storage.get_body("id1", "m1") == {"a": [1]}


def test_a_body_is_stored_encrypted_and_its_id_told(web: Web, storage: ObjectStorage) -> None:
    expected = {**HEADERS, "Content-Type": "application/json"}
    web.post(OBJECTS, status=201, json={"objectId": "id2"}, wants=expected)
    assert storage.put_body(b'{"a":1}', "m1") == "id2"
    assert web.calls[0].body == CIPHER.encode({"a": 1}, RAW)


def test_an_attachment_is_fetched_as_it_is(web: Web, storage: ObjectStorage) -> None:
    web.get(f"{OBJECTS}/id1", body=b"%PDF-1.7")
    assert storage.get_attachment("id1") == b"%PDF-1.7"


def test_an_id_cannot_lead_elsewhere(web: Web, storage: ObjectStorage) -> None:
    web.get(f"{OBJECTS}/..%2Fsecrets%3Fx", body=b"x")
    assert storage.get_attachment("../secrets?x") == b"x"


@pytest.mark.parametrize("object_id", ["", ".", "..", "...", " ", "\ud800", "a" * 70_000])
def test_what_is_no_id_is_asked_for_nowhere(storage: ObjectStorage, object_id: str) -> None:
    for get in (storage.get_body, storage.get_attachment):
        with pytest.raises(UnusableObject) as raised:
            get(object_id)
        assert len(str(raised.value)) < 700
        assert not raised.value.retryable


@pytest.mark.parametrize("trouble", [500, CLOSED])
def test_trouble_that_may_pass_is_tried_again(
    web: Web, storage: ObjectStorage, waits: list[float], trouble: Any
) -> None:
    web.get(f"{OBJECTS}/id1", status=trouble)
    web.get(f"{OBJECTS}/id1", body=b"x")
    assert storage.get_attachment("id1") == b"x"
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("trouble", "said", "retryable"),
    [
        (404, "answered 404, the object does not exist", False),
        (302, "answered 302", False),
        (503, "answered 503", True),
        (CLOSED, "cannot be reached", True),
    ],
)
def test_a_body_that_cannot_be_had_is_told_in_the_platforms_words_and_why(
    web: Web, storage: ObjectStorage, trouble: Any, said: str, retryable: bool
) -> None:
    web.get(f"{OBJECTS}/id1", status=trouble)
    with pytest.raises(ObjectStorageError, match=f"^Failed to get message body with id=id1: .*{said}") as failed:
        storage.get_body("id1")
    assert failed.value.retryable is retryable


def test_a_body_of_another_flow_is_unusable(web: Web, storage: ObjectStorage) -> None:
    web.get(f"{OBJECTS}/id1", body=b"plain text")
    with pytest.raises(UnusableObject, match=r"^Failed to get message body with id=id1: Failed to decrypt"):
        storage.get_body("id1")


def test_an_object_beyond_the_limit_is_not_read_to_its_end(web: Web, storage: ObjectStorage) -> None:
    web.get(f"{OBJECTS}/id1", body=b"x" * 1001)
    with pytest.raises(UnusableObject, match="larger than 1000 bytes") as failed:
        storage.get_attachment("id1")
    assert not failed.value.retryable


@pytest.mark.parametrize("answer", [{"json": {}}, {"json": []}, {"body": "ok"}, {"status": 413}])
def test_an_upload_that_failed_is_told_in_the_platforms_words(
    web: Web, storage: ObjectStorage, answer: dict[str, Any]
) -> None:
    web.post(OBJECTS, **answer)
    with pytest.raises(ObjectStorageError, match=r"^Lightweight message/passthrough body upload error"):
        storage.put_body(b"{}")


def test_without_an_address_nothing_is_asked() -> None:
    with ObjectStorage(Storage(), CIPHER, "f", "s") as storage, pytest.raises(NoObjectStorage):
        storage.get_body("id1")

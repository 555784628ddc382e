"""Content against the vectors that the Node sailor's encryptor wrote, and the law that decoding undoes encoding."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pysailor.wire import json_text
from pysailor.wire.cipher import BASE64, RAW, Cipher, InvalidCipher, Undecodable, content_length, from_base64

VECTORS = json.loads((Path(__file__).parents[2] / "golden" / "crypto-vectors.json").read_text(encoding="utf-8"))
MESSAGES = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["messages"]]
CIPHER = Cipher("testCryptoPassword", "iv=any16_symbols")

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)


def joined(text: str) -> str:
    """Return the text with both halves of a surrogate pair made one character, which they are in JSON."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


TEXTS = st.text(st.characters(exclude_categories=[])).map(joined)  # JavaScript has halves of surrogate pairs
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("vector", MESSAGES)
def test_content_is_byte_for_byte_what_node_writes(vector: dict[str, Any]) -> None:
    cipher = Cipher(vector["password"], vector["iv"])
    value = json.loads(vector["plaintext"])
    assert json_text.write(value).decode() == vector["plaintext"]
    assert cipher.encode(value, BASE64).decode() == vector["v1_wire_ascii"]
    assert cipher.encode(value, RAW).hex() == vector["v2_wire_hex"]


@pytest.mark.parametrize("vector", MESSAGES)
def test_what_node_wrote_is_read(vector: dict[str, Any]) -> None:
    cipher = Cipher(vector["password"], vector["iv"])
    value = json.loads(vector["plaintext"])
    assert cipher.decode(vector["v1_wire_ascii"].encode(), BASE64) == value
    assert cipher.decode(bytes.fromhex(vector["v2_wire_hex"]), RAW) == value


@given(JSON, st.sampled_from([BASE64, RAW]))
@example({"price": 1.0, "says": "version 1.0", "half": "\ud83d"}, BASE64)
@settings(max_examples=100, deadline=None)
def test_decoding_undoes_encoding(value: Any, protocol: int) -> None:
    assert CIPHER.decode(CIPHER.encode(value, protocol), protocol) == value


@given(st.binary(max_size=100), st.sampled_from([BASE64, RAW]))
@settings(max_examples=50, deadline=None)
def test_the_length_of_content_is_known_before_it_is_made(plain: bytes, protocol: int) -> None:
    secret = CIPHER.encrypt(plain)
    expected = -(-len(secret) // 3) * 4 if protocol == BASE64 else len(secret)
    assert content_length(len(plain), protocol) == expected
    assert CIPHER.decrypt(secret) == plain


@given(st.binary(max_size=200), st.sampled_from([BASE64, RAW]))
@settings(max_examples=100, deadline=None)
def test_garbage_is_an_error_with_a_name(content: bytes, protocol: int) -> None:
    with pytest.raises(Undecodable, match="Failed to decrypt message"):
        CIPHER.decode(content, protocol)


def test_another_password_is_told_from_broken_content() -> None:
    content = Cipher("another", "iv=any16_symbols").encode({"body": {}})
    with pytest.raises(Undecodable, match=r"another password or vector|not JSON"):
        CIPHER.decode(content)


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda text: text[:20] + "\r\n" + text[20:],
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text.rstrip("="),
        lambda text: text + "\n",
        lambda text: f" {text}",
    ],
    ids=["line break", "URL-safe", "no padding", "line end", "blank"],
)
@pytest.mark.parametrize("vector", MESSAGES)
def test_base64_is_read_as_leniently_as_node_reads_it(vector: dict[str, Any], spoiled: Any) -> None:
    wire = vector["v1_wire_ascii"]
    assert from_base64(spoiled(wire).encode()).hex() == vector["v2_wire_hex"]


@pytest.mark.parametrize("iv", ["", "short", "initiailization vector", "fünfzehn-zeichen"])
def test_a_vector_that_is_not_16_bytes_is_refused_at_the_start(iv: str) -> None:
    with pytest.raises(InvalidCipher, match=f"Invalid IV length.*{len(iv.encode())} bytes"):
        Cipher("password", iv)


def test_an_empty_password_does_not_mean_plain_text() -> None:
    with pytest.raises(InvalidCipher):
        Cipher("", "iv=any16_symbols")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (math.nan, "null"),
        ([math.inf, -math.inf, 1.5], "[null,null,1.5]"),
        ({"n": 1.0}, '{"n":1}'),
        ([-0.0, 100.0, 1e21], "[0,100,1e+21]"),
        ({"v": "1.0", "n": 2.0}, '{"v":"1.0","n":2}'),
        ("\ud83d", '"\\ud83d"'),
        ("\U0001f600 größer", '"\U0001f600 größer"'),
        (MappingProxyType({"a": (1, 2)}), '{"a":[1,2]}'),
        ({1: True, None: 0, math.nan: 1}, '{"1":true,"null":0,"nan":1}'),
    ],
)
def test_json_is_written_as_javascript_writes_it(value: Any, written: str) -> None:
    assert json_text.write(value).decode() == written


def test_what_has_no_form_in_json_is_an_error_with_a_name() -> None:
    circle: list[Any] = []
    circle.append(circle)
    for value in (circle, {"at": object()}, {"at": object(), "n": math.nan}, {("a",): 1}, [math.nan, circle]):
        with pytest.raises(json_text.NotJson):
            json_text.write(value)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[Infinity]", "\ufeff{}", "[" * 100_000])
def test_what_is_not_json_is_not_read(text: str) -> None:
    with pytest.raises(json_text.NotJson):
        json_text.read(text.encode())


def test_text_that_is_not_utf8_is_not_read_and_not_quoted() -> None:
    with pytest.raises(json_text.NotJson) as raised:
        json_text.read(b'"geheim \xff"')
    assert "geheim" not in str(raised.value)

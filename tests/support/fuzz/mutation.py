"""Values and bytes that nobody meant, made from those that somebody did."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 1e308, float("inf"), float("nan"), 10**30, -(10**18), 2**63, 2**53 + 1),
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "1e999999",
        "1e-999999",
        "9" * 6000,
        "null",
        "NaN",
        "[]",
        "{}",
        "\x00",
        "\ud800",
        "\u202e",
        "é" * 300,
        "x" * 5000,
    ),
    *("1e999999", "1e-999999", "9" * 6000),
    *("../../etc/passwd", "$ref", "__proto__", "a/b~c", "\r\nX: y", "%s%n", "{{prompt}}", "💥" * 50),
    *([], {}, [[]], [None], {"": None}, {"a": {"a": {}}}, [0] * 200),
)
PIECES = (
    *(b"\n", b"\r\n\r\n", b"data: ", b"data:", b"[DONE]", b"event: ", b"{", b"}", b'"', b"\\u", b"\xff"),
    *(b"\xef\xbb\xbf", b"\x00", b":", b"," * 40),
)
_DEEP = 300


def odd(chance: Random) -> Any:
    """Return a value that fits nowhere; now and then a deep or a long one."""
    kind = chance.random()
    if kind < 0.03:
        deep: Any = chance.choice([1, "x", None])
        for _ in range(chance.randint(2, _DEEP)):
            deep = [deep] if chance.random() < 0.5 else {"a": deep}
        return deep
    if kind < 0.05:
        return {f"k{number}": number for number in range(chance.randint(1, 500))}
    return copy.deepcopy(chance.choice(ODD))


def mutate(value: Any, chance: Random) -> Any:
    """Return a copy of a JSON value in which something is wrong, in up to five places."""
    value = copy.deepcopy(value)
    for _ in range(chance.randint(0, 5)):
        places = list(_places(value))
        if not places:
            return odd(chance)
        holder, key = chance.choice(places)
        _change(holder, key, chance)
    return value if chance.random() > 0.02 else odd(chance)


def mutate_bytes(content: bytes, chance: Random) -> bytes:
    """Return bytes with something cut, doubled, flipped or put in, in up to five places."""
    for _ in range(chance.randint(0, 5)):
        begin = chance.randint(0, len(content))
        end = min(len(content), begin + chance.randint(0, 40))
        content = chance.choice(
            (
                content[:begin] + content[end:],
                content[:end] + content[begin:],
                content[:begin] + chance.choice(PIECES) + content[begin:],
                content[:begin] + chance.randbytes(chance.randint(1, 8)) + content[end:],
                content[:begin],
                content[:begin] + content[begin:end] * chance.randint(1, 20) + content[end:],
            )
        )
    return content


def cut(content: bytes, chance: Random) -> list[bytes]:
    """Return the same bytes in pieces, as they may come over a socket."""
    pieces = []
    while content:
        size = chance.choice((1, 2, 7, 64, 1000, len(content)))
        pieces.append(content[:size])
        content = content[size:]
    return pieces


def _places(value: Any) -> Any:
    """Yield every place of a value, as its holder and its key or index."""
    rest = [value]
    while rest:
        each = rest.pop()
        for key in list(each) if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ():
            yield each, key
            rest.append(each[key])


def _change(holder: Any, key: Any, chance: Random) -> None:
    kind = chance.randrange(5)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 1:
        holder[str(odd(chance))[:50]] = holder[key]
    elif kind == 2:
        holder[key] = [holder[key]] if chance.random() < 0.5 else {"a": holder[key]}
    elif kind == 3 and isinstance(holder[key], str):
        text = mutate_bytes(holder[key].encode("utf-8", "replace"), chance)
        holder[key] = text.decode("utf-8", "surrogateescape")
    else:
        holder[key] = odd(chance)

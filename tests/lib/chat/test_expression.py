"""What a {function: …} may be, and what it gives."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.chat.config.expression import Expression, NotComputed
from lib.chat.config.grammar import NotAllowed
from lib.chat.config.handler import Handler, handler_of

ADDRESS = "key=sk-1&key=sk-2&model=gpt&stream&empty=&temperature=0.5"


def visitor(query: str = ADDRESS) -> Handler:
    headers = [
        ("Host", "example.com"),
        ("X-Team", "blue"),
        ("Cookie", "theme=dark; chat_session=chosen-by-the-visitor"),
        ("Authorization", "Bearer secret"),
    ]
    room = {"room": "7"}
    return handler_of("/chat/7", query, headers, "10.0.0.1", path_args=("7",), path_kwargs=room, session_id="s-1")


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("handler.get_arg('key')", "sk-2"),
        ("handler.get_arg('key', first=True)", "sk-1"),
        ("handler.get_arg('nothing', 'else')", "else"),
        ("handler.get_arg('nothing', None)", None),
        ("handler.get_argument('model', 'x')", "gpt"),
        ("handler.get_args('key')", ["sk-1", "sk-2"]),
        ("'stream' in handler.args", True),
        ("'stream' not in handler.args", False),
        ("handler.args.get('temperature', ['1'])[0]", "0.5"),
        ("float(handler.get_arg('temperature', 1))", 0.5),
        ("min(float(handler.get_arg('temperature')), 0.2)", 0.2),
        ("handler.get_arg('empty') or 'gpt-4'", "gpt-4"),
        ("handler.get_arg('model') and 'yes'", "yes"),
        ("not handler.get_arg('empty')", True),
        ("'a' if handler.get_arg('model') == 'gpt' else 'b'", "a"),
        ("1 < 2 <= 2 != 3", True),
        ("handler.path", "/chat/7"),
        ("handler.path_args[0]", "7"),
        ("handler.path_kwargs['room']", "7"),
        ("handler.headers.get('X-TEAM', 'none')", "blue"),
        ("handler.request.headers['x-team'].upper()", "BLUE"),
        ("handler.request.remote_ip", "10.0.0.1"),
        ("handler.get_cookie('theme')", "dark"),
        ("handler.session['id']", "s-1"),
        ('f"chat {handler.path_args[0]}"', "chat 7"),
        ("{'a': [1, -2.5, None, True]}", {"a": [1, -2.5, None, True]}),
        ("'a,b'.split(',')", ["a", "b"]),
        ("handler.get_arg('model').startswith('g')", True),
        ("handler.get_arg('model').startswith(('x', 'g'))", True),
        ("('a', 'b')", ["a", "b"]),
    ],
)
def test_an_expression_gives_its_value(source: str, value: Any) -> None:
    assert Expression.parse(source).value(visitor()) == value


@pytest.mark.parametrize(
    "source",
    [
        "__import__('os').system('true')",
        "handler.__class__",
        "handler.get_arg.__globals__",
        "handler.request.__init__",
        "handler.args.__class__",
        "().__class__.__bases__[0].__subclasses__()",
        "''.format(handler)",
        "'{0.__class__}'.format(handler)",
        "f'{handler.args!r:>{handler.path}}'",
        "f'{1:{1000000000}}'",
        "[x for x in handler.args]",
        "(lambda: 1)()",
        "(x := 1)",
        "open('/etc/passwd')",
        "eval('1')",
        "getattr(handler, 'args')",
        "str",
        "handler",
        "str(handler)",
        "[handler]",
        "handler.request",
        "handler.finish()",
        "handler.args.update({})",
        "handler.args.get(*[1])",
        "str(**{})",
        "'a' * 1000000000",
        "9 ** 9 ** 9",
        "1 + 1",
        "handler.args['a':]",
        "b'bytes'",
        "...",
        "1j",
        "yield 1",
        "await handler",
        "globals",
        "handler.get_arg('a', other=1)",
        "'a'.encode()",
        "",
        "a = 1",
        "handler.get_arg('key)",
        "(" * 300 + ")" * 300,
        "-" * 400 + "1",
        "[" + "1," * 400 + "]",
        "'" + "a" * 2000 + "'",
        "handler.get_arg()",
        "handler.get_arg('a', 'b', True, 4)",
        "handler.get_args()",
        "handler.get_cookie('a', first=True)",
        "(1).strip()",
        "'a'.get('b')",
        "{}.strip()",
        "[1].get(0)",
        "'a'.upper(1)",
        "'a'.split(',', 1, 2)",
        "handler.args.get()",
        "int(1, 2, 3)",
        "float()",
        "min()",
    ],
)
def test_what_is_not_on_the_list_is_refused_at_the_start(source: str) -> None:
    with pytest.raises(NotAllowed):
        Expression.parse(source)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="handler.get_arg('x')[]{}+-*/:,= \n\\\"f_1", max_size=60))
def test_any_text_is_an_expression_or_refused_and_nothing_else(source: str) -> None:
    with contextlib.suppress(NotAllowed, NotComputed):
        Expression.parse(source).value(visitor())


@pytest.mark.parametrize(
    "source",
    [
        "handler.get_arg('nothing')",
        "handler.args['nothing']",
        "int('many')",
        "handler.path_args[3]",
        "'a' < 1",
        "-'a'",
        "handler.get_args('key').get('x')",
        "handler.headers.get(None)",
        "float('nan')",
        "float('inf')",
        "{}[[]]",
    ],
)
def test_what_this_visitor_gives_no_value_for_is_told(source: str) -> None:
    with pytest.raises(NotComputed):
        Expression.parse(source).value(visitor())


def test_a_missing_argument_is_told_by_its_name() -> None:
    with pytest.raises(NotComputed, match=r'lacks the argument "key"'):
        Expression.parse("handler.get_arg('key')").value(visitor(""))


def test_the_credential_of_the_request_is_not_to_be_seen() -> None:
    assert Expression.parse("handler.headers.get('authorization', 'none')").value(visitor()) == "none"
    assert Expression.parse("handler.headers.get('cookie', 'none')").value(visitor()) == "none"


@pytest.mark.parametrize(
    ("source", "is_theirs"),
    [
        ("handler.get_arg('key')", True),
        ("handler.get_arg('key', None)", True),
        ("handler.get_arg('key', '') or handler.headers.get('x-key')", True),
        ("handler.get_arg('key', handler.get_cookie('key'))", True),
        ("handler.args['key'][0].strip()", True),
        ("str(handler.request.headers['x-key'])", True),
        ("handler.get_arg('a') if handler.get_arg('b') == 'c' else handler.get_arg('d')", True),
        ("handler.get_arg('key', 'sk-mine')", False),
        ("handler.get_arg('key', default='sk-mine')", False),
        ("handler.get_arg('key') or 'sk-mine'", False),
        ("handler.args.get('key', ['sk-mine'])[0]", False),
        ("{'alice': 'sk-mine'}[handler.get_arg('who')]", False),
        ("{'alice': 'sk-mine'}.get(handler.get_arg('who'))", False),
        ("f\"sk-mine{handler.get_arg('a')}\"", False),
        ("min(handler.get_arg('key'), 'sk-mine')", False),
        ("'sk-mine' if handler.get_arg('a') else handler.get_arg('b')", False),
        ("'sk-mine'", False),
    ],
)
def test_what_the_visitor_brings_is_told_apart_from_what_the_settings_hold(source: str, is_theirs: bool) -> None:
    assert Expression.parse(source).is_from_visitor is is_theirs

"""What answers at which address: a socket and a page at every route, the page's own files below /-/chat/."""

from __future__ import annotations

import asyncio
import html
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route as Address
from starlette.websockets import WebSocket

from ..config.handler import Handler, handler_of, read_cookies
from ..protocol import format_of
from .cookie import COOKIE, new_name
from .limits import address_of
from .session import Session
from .socket import Socket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import HTTPConnection, Request
    from starlette.types import Receive, Scope, Send

    from ..config.route import Route
    from .limits import Slot
    from .shared import SharedState

_PAGE = Path(__file__).parents[1] / "page"
_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WITH_PICTURES = _POLICY.replace("img-src 'self'", "img-src 'self' data:")
"""Of a page that shows what the visitor sends along."""
_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
)
_OWN_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache"}
"""Of the operator's own page, which may load what it likes."""
_YEAR = 365 * 24 * 3600


class ChatApp:
    """The ASGI application; knows its open sessions."""

    def __init__(self, routes: Sequence[Route], shared: SharedState) -> None:
        self._routes, self._shared = routes, shared
        self._sessions: set[Session] = set()
        self._closing = False
        self._pages = Starlette(
            routes=[
                Address("/-/health", self._health),
                Address("/-/chat/{name}", self._file),
                Address("/{path:path}", self._page),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a connection. What starlette wraps around a page would take 4 KiB of each socket while it is open."""
        if scope["type"] == "websocket":
            await self._socket(WebSocket(scope, receive, send))
        else:
            await self._pages(scope, receive, send)

    @property
    def sockets(self) -> int:
        """How many are open."""
        return len(self._sessions)

    async def close(self) -> None:
        """Accept nobody any more, give running answers some seconds, and close all sockets."""
        self._closing = True
        await asyncio.gather(*(session.leave(self._shared.limits.grace) for session in self._sessions))

    # --- sockets -----------------------------------------------------------------------------------------------------

    async def _socket(self, websocket: WebSocket) -> None:
        refusal = self._refusal(websocket)
        found = None if refusal else self._match(websocket)
        if found is None or refusal:
            await websocket.send_denial_response(refusal or _text("There is no chat at this address.", 404))
            return
        route, handler = found
        shown = _read_token(handler, websocket)
        address = address_of(handler.request.remote_ip)
        limit = self._shared.connections if self._shared.access.knows(shown) else self._shared.unauthenticated
        slot = None if self._closing else limit.acquire(address)
        if slot is None:
            await websocket.send_denial_response(
                _text("There is no room for another socket now; try again later.", 503)
            )
            return
        wanted = [name.strip() for name in websocket.headers.get("sec-websocket-protocol", "").split(",")]
        spoken, confirmed = format_of(handler.args.get("format", ()), wanted)
        try:
            await websocket.accept(confirmed)
            websocket.scope["headers"].clear()  # the handler has read them
            await self._serve(Socket(websocket, spoken, self._shared.limits.slow_reader), route, handler, shown, slot)
        finally:
            slot.release()

    async def _serve(self, socket: Socket, route: Route, handler: Handler, shown: str | None, slot: Slot) -> None:
        session = Session(socket, route, handler, self._shared)
        self._sessions.add(session)
        try:
            await session.run(shown, slot)
        finally:
            self._sessions.discard(session)

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        said = self._shared.access.refusal(connection.headers)
        if said:
            self._shared.client_faults.add(f"Refused: {said}")
            return _text("This page may not use this chat; whoever runs it finds the reason in the log.", 403)
        return None

    def _match(self, connection: HTTPConnection) -> tuple[Route, Handler] | None:
        """Return the route of this address and the visitor as its expressions see them; None without one."""
        path = connection.scope["path"]
        for route in self._routes:
            match = route.pattern.fullmatch(path)
            if match:
                break
        else:
            return None
        try:
            handler = handler_of(
                path,
                connection.scope["query_string"].decode("ascii", "replace"),
                connection.headers.items(),
                connection.client.host if connection.client else "",
                path_args=() if match.groupdict() else match.groups(),
                path_kwargs=match.groupdict(),
                session_id=self._name(connection) or new_name(),
            )
        except ValueError:  # more arguments than anybody needs
            return None
        return route, handler

    def _name(self, connection: HTTPConnection) -> str | None:
        """Return the name that an earlier page gave the visitor."""
        return self._shared.signer.name(read_cookies(connection.headers.get("cookie", "")).get(COOKIE))

    # --- pages -------------------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal:
            return refusal
        found = self._match(request)
        if found is None:
            return self._not_found(request.url.path)
        route, handler = found
        if route.page is not None:
            return FileResponse(route.page, headers=_OWN_HEADERS)
        # relative, so that a proxy may put the whole server below a path of its own
        base = "../" * (request.url.path.count("/") - 1) + "-/chat/"
        title = html.escape(route.title_for(handler))
        page = (_PAGE / "index.html").read_text(encoding="utf-8").replace("{base}", base).replace("{title}", title)
        response = HTMLResponse(page, headers=dict(_HEADERS))
        if route.may_take_attachments:
            response.headers["Content-Security-Policy"] = _WITH_PICTURES
        if self._name(request) is None:
            cookie = self._shared.signer.cookie(handler.session["id"])
            secure = request.url.scheme == "https"
            response.set_cookie(COOKIE, cookie, _YEAR, path="/", secure=secure, httponly=True, samesite="strict")
        return response

    def _not_found(self, path: str) -> Response:
        for route in self._routes:
            file = route.file(path)
            if file is not None:
                return FileResponse(file, headers=_OWN_HEADERS)
        addresses = [route.address for route in self._routes if route.address]
        if path == "/" and addresses:
            return RedirectResponse(addresses[0].lstrip("/"), 307, headers=dict(_HEADERS))
        known = f" There is one at {' and '.join(addresses)}." if addresses else ""
        return _text(f"There is no chat at this address.{known}", 404)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        kind = _KINDS.get(Path(name).suffix)
        path = _PAGE / name
        refusal = self._refusal(request)
        if refusal or kind is None or "/" in name or not path.is_file():
            return refusal or _text("There is no such file.", 404)
        return FileResponse(path, headers=dict(_HEADERS), media_type=kind)

    async def _health(self, request: Request) -> Response:  # noqa: ARG002 - starlette gives it
        return _text("closing" if self._closing else "ok", 503 if self._closing else 200)


def _read_token(handler: Handler, websocket: WebSocket) -> str | None:
    """Return the token of the address or of a header; None without one."""
    bearer = websocket.headers.get("authorization", "").removeprefix("Bearer ").strip()
    return handler.get_arg("token", None) or bearer or None


def _text(sentence: str, status: int) -> Response:
    return PlainTextResponse(f"{sentence}\n", status, headers=dict(_HEADERS))

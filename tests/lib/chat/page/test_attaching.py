"""Pictures and files on the page: chosen, dropped, pasted, taken away, sent, and never lost silently."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.support.chat_client import settings
from tests.support.chat_page import answers, ask
from tests.support.played import Gate

if TYPE_CHECKING:
    from tests.support.played import Played, Serve

ON = settings("model: a-model, attachments: {most: 3, most_bytes: 200000}")


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


RED = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)) + chunk(
    b"IDAT", zlib.compress((b"\x00" + b"\xff\x00\x00" * 2) * 2)
)
PNG = b"\x89PNG\r\n\x1a\n" + RED + chunk(b"IEND", b"")
PICTURE = FilePayload(name="red.png", mimeType="image/png", buffer=PNG)
PDF = FilePayload(name="paper.pdf", mimeType="application/pdf", buffer=b"%PDF-1.7\n")
HANDS_OVER = """([kind, target, name, type, data]) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type }));
  const how = { bubbles: true, cancelable: true };
  const event = kind === "paste" ? new ClipboardEvent(kind, { ...how, clipboardData: transfer })
    : new DragEvent(kind, { ...how, dataTransfer: transfer });
  document.querySelector(target).dispatchEvent(event);
}"""


def tray(page: Page) -> Locator:
    return page.locator("#tray li")


def hand_over(page: Page, kind: str, target: str = "#question", name: str = "red.png", of: str = "image/png") -> None:
    page.evaluate(HANDS_OVER, [kind, target, name, of, base64.b64encode(PNG).decode()])


def opened(page: Page, serve: Serve, text: str = ON) -> None:
    page.goto(serve(text).url("/chat"))
    expect(page.locator("#link")).to_have_text("Connected")


def test_chosen_files_are_shown_and_sent_and_stand_beside_the_question(
    serve: Serve, page: Page, played: Played
) -> None:
    opened(page, serve)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures or files").click()
    chooser.value.set_files([PICTURE, PDF])
    expect(tray(page)).to_have_count(2)
    expect(tray(page).first.locator("img")).to_have_js_property("naturalWidth", 2)
    ask(page, "What is this?")
    expect(answers(page)).to_contain_text("Hello")
    expect(tray(page)).to_have_count(0)
    asked = page.get_by_role("article", name="You")
    expect(asked.get_by_role("listitem")).to_have_text(["red.png1 KiB", "PDFpaper.pdf1 KiB"])
    assert [part["type"] for part in played.asked[-1]["messages"][-1]["content"]] == ["text", "image_url", "file"]
    page.reload()
    expect(page.get_by_role("article", name="You").get_by_role("listitem")).to_have_count(2)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_may_be_dropped_or_pasted_and_sent_without_words(
    serve: Serve, page: Page, played: Played, kind: str
) -> None:
    opened(page, serve)
    if kind == "drop":
        hand_over(page, "dragover")
        expect(page.get_by_text("Drop to add")).to_be_visible()
    hand_over(page, kind)
    expect(tray(page)).to_have_count(1)
    expect(page.get_by_text("Drop to add")).to_be_hidden()
    page.get_by_label("Your message").press("Enter")
    expect(answers(page)).to_contain_text("Hello")
    assert [part["type"] for part in played.asked[-1]["messages"][-1]["content"]] == ["image_url"]


def test_an_attachment_is_taken_away_with_the_keyboard(serve: Serve, page: Page) -> None:
    opened(page, serve)
    page.locator("#files").set_input_files([PICTURE, PDF])
    expect(tray(page)).to_have_count(2)
    page.get_by_role("button", name="Remove: red.png").press("Enter")
    expect(page.get_by_role("button", name="Remove: paper.pdf")).to_be_focused()
    page.keyboard.press("Space")
    expect(tray(page)).to_have_count(0)
    expect(page.get_by_label("Your message")).to_be_focused()


def test_what_cannot_be_sent_is_told_and_takes_nothing_from_the_draft(serve: Serve, page: Page) -> None:
    opened(page, serve)
    page.get_by_label("Your message").fill("my words")
    alert = page.locator("#hint")
    hand_over(page, "drop", name="a.exe", of="application/x-msdownload")
    expect(alert).to_contain_text("“a.exe” cannot be sent; this chat takes PNG, JPEG, GIF, WEBP, PDF.")
    page.locator("#files").set_input_files(
        [FilePayload(name="red.png", mimeType="image/png", buffer=PNG + bytes(300_000))]
    )
    expect(alert).to_contain_text("too large")
    page.locator("#files").set_input_files([PICTURE] * 4)
    expect(alert).to_contain_text("3 attachments at most")
    expect(tray(page)).to_have_count(3)
    expect(page.get_by_label("Your message")).to_have_value("my words")


def test_what_the_server_refuses_comes_back_into_the_field(serve: Serve, page: Page, played: Played) -> None:
    opened(page, serve)
    page.locator("#files").set_input_files(
        [FilePayload(name="red.png", mimeType="image/png", buffer=b"MZ no picture at all")]
    )
    expect(tray(page)).to_have_count(1)
    ask(page, "What is this?")
    expect(page.locator(".fault:visible")).to_contain_text("red.png")
    expect(page.get_by_label("Your message")).to_have_value("What is this?")
    expect(tray(page)).to_have_count(1)
    assert not played.asked


def test_draft_and_question_keep_their_attachments_over_a_reload(serve: Serve, page: Page, played: Played) -> None:
    opened(page, serve)
    page.locator("#files").set_input_files([PICTURE])
    expect(tray(page)).to_have_count(1)
    page.reload()
    expect(tray(page)).to_have_count(1)
    played.play = Gate()
    ask(page, "What is this?")
    expect(answers(page)).to_contain_text("first")
    page.reload()
    expect(page.get_by_role("article", name="You").get_by_role("listitem")).to_have_count(1)
    played.play = None
    page.get_by_role("button", name="Try again").click()
    expect(answers(page)).to_contain_text("Hello")
    assert [part["type"] for part in played.asked[-1]["messages"][-1]["content"]] == ["text", "image_url"]


def test_an_edited_question_keeps_its_attachments_unless_they_are_taken_away(
    serve: Serve, page: Page, played: Played
) -> None:
    opened(page, serve)
    page.locator("#files").set_input_files([PICTURE, PDF])
    expect(tray(page)).to_have_count(2)
    ask(page, "What is this?")
    expect(answers(page)).to_contain_text("tokens")
    page.get_by_role("button", name="Edit").click()
    expect(tray(page)).to_have_count(2)
    page.get_by_role("button", name="Remove: paper.pdf").click()
    ask(page, "And this?")
    expect(answers(page)).to_have_count(1)
    expect(answers(page)).to_contain_text("tokens")
    assert [part["type"] for part in played.asked[-1]["messages"][-1]["content"]] == ["text", "image_url"]


def test_without_the_setting_there_is_no_button_and_a_dropped_file_leads_nowhere(serve: Serve, page: Page) -> None:
    page.goto(serve().url("/chat"))
    expect(page.locator("#link")).to_have_text("Connected")
    expect(page.get_by_role("button", name="Add pictures or files")).to_be_hidden()
    hand_over(page, "drop", "body")
    expect(page.locator("#hint")).to_contain_text("takes no pictures")
    expect(tray(page)).to_have_count(0)


def test_pictures_are_shown_only_where_the_settings_allow_them(serve: Serve, page: Page) -> None:
    plain = page.request.get(serve().url("/chat")).headers["content-security-policy"]
    allowed = page.request.get(serve(ON).url("/chat")).headers["content-security-policy"]
    assert "img-src 'self';" in plain
    assert "img-src 'self' data:;" in allowed

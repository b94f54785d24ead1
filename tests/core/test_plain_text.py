"""Texts from outside: nothing in them is obeyed by a terminal or a shell."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

import pytest

from hhstudio.core.plain_text import command_line, one_line, printable, utf8

TRICKS = [
    "\x1b[2J",
    "a\x07b",
    "\x9b31m",
    "\u202eabc",
    "a\u2028b",
    "\udc80",
    "a\rb",
    "\x7f",
    "\u200bx",
    "\x00",
]


@pytest.mark.parametrize("text", TRICKS)
def test_control_and_format_characters_become_visible(text):
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)
    assert one_line(text).isprintable()


def test_letters_of_every_script_and_narrow_spaces_stay_readable():
    assert printable("1\u202f200 Größe 中文 ∇L") == "1 200 Größe 中文 ∇L"
    assert printable("a\nb") == "a\nb"
    assert one_line(" a\n\n  b ") == "a b"


def test_a_command_is_one_line_that_a_shell_reads_back():
    words = ["run", "my file; touch X", "--set", "name=$(id) `id` 'x'", ""]
    assert shlex.split(command_line(*words)) == ["hhstudio", *words]
    assert command_line("run", PurePosixPath("-x.h5")) == "hhstudio run ./-x.h5"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_of_any_editor_is_utf8_without_a_mark(encoding):
    assert utf8('{"name": "Größe"}'.encode(encoding)) == '{"name": "Größe"}'.encode()

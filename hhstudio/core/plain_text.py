"""Plain text: names and messages from outside, made harmless for a terminal, a line and a shell.

What a spec, a session or a file is called and says may come from anybody. A terminal obeys control
characters, a shell what stands between two commands.
"""

from __future__ import annotations

import codecs
import shlex
from pathlib import PurePath

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def printable(text: str, allowed: str = "\n") -> str:
    """The text with a replacement character for every one that a terminal would obey or that hides others:
    control and format characters, lone surrogates. Thin and no-break spaces become spaces."""
    if text.isprintable():
        return text
    return "".join(_printable(char, allowed) for char in text)


def one_line(text: str) -> str:
    """:func:`printable`, on one line: what lies between words is one space."""
    return printable(" ".join(text.split()))


def command_line(*words: str | PurePath) -> str:
    """A command line of hhstudio for a POSIX shell: every word quoted where it needs to be. A file whose name
    looks like an option is named with its folder."""
    return shlex.join(
        ["hhstudio", *(_file_word(word) if isinstance(word, PurePath) else word for word in words)]
    )


def _file_word(path: PurePath) -> str:
    text = str(path)
    return f"./{text}" if text.startswith("-") else text


def _printable(char: str, allowed: str) -> str:
    if char.isprintable() or char in allowed:
        return char
    return " " if char.isspace() and char not in "\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029" else REPLACEMENT


def utf8(data: bytes) -> bytes:
    """The bytes of a text file as UTF-8 without a byte order mark, which some editors write; PowerShell
    writes UTF-16, with one."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(codecs.BOM_UTF8)

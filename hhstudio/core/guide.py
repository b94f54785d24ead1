"""Guide: the pages of ``resources/guide``, their headings, and the terms of the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from hhstudio.core.resources import resource

FIRST = "index"
"""The page that lists the others."""
_GLOSSARY = "glossary"
_HEADING = re.compile(r"(#{1,6}) +(.+?) *#*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_PAGE_LINK = re.compile(r"\]\(([a-z-]+)\.md")
_MARKS = re.compile(r"[*`]|\\(?=[|_*])")
_SENTENCE = re.compile(r"(.+?\.)(?= [A-Zβ*\[]|$)")


class Section(NamedTuple):
    """A heading and what stands below it, up to the next one. ``anchor``: as links name it, after ``#``."""

    level: int
    title: str
    anchor: str
    text: str


class Page(NamedTuple):
    """``text``: Markdown."""

    name: str
    title: str
    text: str

    @property
    def sections(self) -> list[Section]:
        return list(_sections(self.text))


class Term(NamedTuple):
    """A term of the glossary. ``sentence``: the first of its explanation, without marks."""

    title: str
    anchor: str
    sentence: str


def folder() -> Path:
    """Where pages and pictures are. Raises FileNotFoundError."""
    return resource("guide")


@lru_cache(maxsize=1)
def pages() -> tuple[Page, ...]:
    """Every page, in the order in which the first one lists them."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder().glob("*.md"))}
    listed = [FIRST, *_PAGE_LINK.findall(texts[FIRST])]
    order = dict.fromkeys(name for name in (*listed, *texts) if name in texts)
    return tuple(Page(name, next(_sections(texts[name])).title, texts[name]) for name in order)


def page(name: str) -> Page | None:
    """The page of that name, as ``growing``."""
    return next((each for each in pages() if each.name == name), None)


def anchor(title: str) -> str:
    """The name of a heading in links: ``In under a minute`` is ``in-under-a-minute``."""
    return re.sub(r"[^\w\- ]", "", plain(title).strip().lower()).replace(" ", "-")


def plain(markdown: str) -> str:
    """A line of Markdown without its marks; of links what they are called."""
    return _MARKS.sub("", _LINK.sub(r"\1", markdown))


@lru_cache(maxsize=1)
def glossary() -> dict[str, Term]:
    """The terms by anchor, as ``task-embedding``."""
    glossary_page = page(_GLOSSARY)
    sections = glossary_page.sections if glossary_page is not None else []
    return {
        each.anchor: Term(each.title, each.anchor, _first_sentence(each.text))
        for each in sections
        if each.level == 2
    }


def term(name: str) -> Term:
    """A term by the name of its heading, as ``Task embedding``. Raises KeyError."""
    return glossary()[anchor(name)]


def address(name: str) -> str:
    """Page and anchor of a term: ``glossary#task-embedding``. Raises KeyError."""
    return f"{_GLOSSARY}#{term(name).anchor}"


def _sections(text: str) -> Iterator[Section]:
    """Headings outside of blocks of code."""
    level, title, lines, code = 0, "", [], False
    for line in text.splitlines():
        code ^= line.startswith("```")
        heading = None if code else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        if title:
            yield Section(level, title, anchor(title), "\n".join(lines).strip())
        level, title, lines = len(heading[1]), plain(heading[2]), []
    if title:
        yield Section(level, title, anchor(title), "\n".join(lines).strip())


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    sentence = _SENTENCE.match(paragraph)
    return plain(sentence[1] if sentence else paragraph)

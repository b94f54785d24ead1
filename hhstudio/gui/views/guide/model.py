"""Search through the guide: which sections of which pages have the words."""

from __future__ import annotations

from typing import NamedTuple

from hhstudio.core import guide


class Place(NamedTuple):
    """A section that has the words, ``times`` over. ``address``: of its page and heading."""

    page: str
    title: str
    address: str
    times: int


def search(words: str) -> list[Place]:
    """Sections with the words as they are typed, in whatever case, in the order of the pages; none for no
    words."""
    wanted = " ".join(words.split()).casefold()
    if not wanted:
        return []
    places = []
    for page in guide.pages():
        for section in page.sections:
            text = f"{section.title} {guide.plain(' '.join(section.text.split()))}".casefold()
            if count := text.count(wanted):
                places.append(Place(page.name, section.title, f"{page.name}#{section.anchor}", count))
    return places

"""The guide and the README hold together: links, pictures, commands, panels, paths, terms."""

import ast
import re
from pathlib import Path

import msgspec
import pytest

from hhstudio.cli.commands import COMMANDS
from hhstudio.core import guide
from hhstudio.core.resources import resource
from hhstudio.core.spec.presets import preset
from hhstudio.gui.widgets import glossary

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
FILES = [README, *sorted(resource("guide").glob("*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(file):
    return {section.anchor for section in guide.Page(file.stem, "", file.read_text()).sections}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_link_leads_to_a_file_and_a_heading(file):
    for target in LINK.findall(without_code(file.read_text())):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (file.parent / path).resolve() if path else file
        assert linked.is_file(), f"{file.name}: {target}"
        if anchor:
            assert anchor in anchors(linked), f"{file.name}: {target}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_picture_says_what_it_shows(file):
    assert all(len(said.split()) > 1 for said, _ in PICTURE.findall(file.read_text()))


def test_every_picture_in_the_repository_is_shown_by_a_page():
    shown = {Path(path).name for page in guide.pages() for _, path in PICTURE.findall(page.text)}
    assert {file.name for file in (resource("guide") / "pictures").iterdir()} == shown


def test_headings_of_a_page_have_anchors_of_their_own():
    for page in guide.pages():
        names = [section.anchor for section in page.sections]
        assert len(names) == len(set(names)), page.name


def test_the_readme_and_the_first_page_name_every_page():
    for text in (README.read_text(), guide.page("index").text):
        named = set(re.findall(r"([a-z-]+)\.md", text))
        assert {page.name for page in guide.pages()} - {"index"} <= named


def test_the_readme_fits_two_hundred_lines_and_has_every_command():
    text = README.read_text()
    assert len(text.splitlines()) <= 200
    for command in COMMANDS:
        assert re.search(rf"^hhstudio {command}\b", text, re.MULTILINE), command


def test_the_readme_and_the_guide_name_no_command_that_is_not_there():
    for file in FILES:
        text = file.read_text()
        blocks = re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        named = re.findall(r"`hhstudio ([a-z]+)\b", text)
        for block in blocks:
            named += re.findall(r"^hhstudio ([a-z]+)\b", block, re.MULTILINE)
        assert set(named) <= COMMANDS.keys(), file.name


def test_every_path_that_the_pages_name_is_there():
    for file in FILES:
        for path in re.findall(r"`((?:hhstudio|tests|resources|\.ci)/[\w/.-]+)`", file.read_text()):
            assert (ROOT / path).exists(), f"{file.name}: {path}"


def test_ten_questions_of_a_stranger_are_answered_by_paths():
    rows = [line for line in section("architecture", "ten-questions-of-a-stranger") if line.startswith("| ")][
        1:
    ]
    assert len(rows) == 10
    for row in rows:
        paths = re.findall(r"`(hhstudio/[\w/.]+)`", row)
        assert paths, row
        assert all((ROOT / path).is_file() for path in paths), row


def section(page, anchor):
    (found,) = [each for each in guide.page(page).sections if each.anchor == anchor]
    return found.text.splitlines()


def test_every_term_of_the_glossary_is_explained_in_a_sentence():
    terms = guide.glossary()
    assert len(terms) > 40
    for term in terms.values():
        assert term.sentence.endswith("."), term
        assert 10 <= len(term.sentence) <= 220, term
    titles = [term.title.casefold() for term in terms.values()]
    assert titles == sorted(titles)


def test_every_term_that_the_code_explains_is_in_the_glossary():
    used = set()
    for file in (ROOT / "hhstudio" / "gui").rglob("*.py"):
        for call in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and isinstance(call.func.value, ast.Name)
                and call.func.value.id == "glossary"
                and call.func.attr in ("tip", "explain")
            ):
                used |= {a.value for a in call.args[:2] if isinstance(a, ast.Constant)}
    used = {term for term in used if isinstance(term, str)}
    assert {"Accuracy matrix", "Bypassed"} <= used
    assert all(guide.term(term) for term in used)


def test_every_setting_that_is_explained_by_a_term_is_a_setting():
    spec = msgspec.to_builtins(preset("quickstart"))
    for name, term in glossary.SETTINGS.items():
        assert guide.term(term)
        part = spec
        for key in name.split("."):
            assert key in part, name
            part = part[key]

"""`hhstudio guide`: the pages as text."""

from hhstudio.cli import main
from hhstudio.cli.guide import readable
from hhstudio.core import guide


def test_without_a_page_every_page_is_listed_with_its_title(capsys):
    assert main(["guide"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [page.name for page in guide.pages()]
    assert "A tree that grows while it learns" in next(line for line in lines if line.startswith("growing"))


def test_a_page_is_printed_as_it_stands(capsys):
    assert main(["guide", "glossary"]) == 0
    assert capsys.readouterr().out == guide.page("glossary").text


def test_a_page_that_is_not_there_is_one_line_that_names_those_that_are(capsys):
    assert main(["guide", "nope"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "'nope'" in err
    assert all(page.name in err for page in guide.pages())


def test_a_table_is_set_in_columns_that_fit_the_terminal():
    text = "Before.\n\n| a | what it means |\n|---|---|\n"
    text += "| `x` | one `a\\|b` two three four |\n| long name | y |\n"
    lines = readable(text, 40).splitlines()
    assert lines[0] == "Before."
    table = lines[2:]
    assert max(map(len, table)) <= 40
    assert len({len(line) for line in table}) == 1
    assert "a|b" in table[2]
    narrow = readable(text, 34).splitlines()[2:]
    assert max(map(len, narrow)) <= 34
    assert " ".join(" ".join(line.split("|")[-2].split()) for line in narrow[2:4]).endswith("three four")


def test_every_page_fits_a_terminal_of_a_hundred_columns_but_for_code_and_links():
    for page in guide.pages():
        tables = [line for line in readable(page.text, 100).splitlines() if line.startswith("|")]
        assert all(len(line) <= 100 for line in tables), page.name

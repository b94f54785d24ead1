"""The guide's page of settings: made from them, complete, and committed as it is made."""

from hhstudio.core.resources import resource
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.fields import all_fields, option_fields
from hhstudio.core.spec.settings_page import settings_page

PAGE = settings_page()


def test_the_page_that_is_shipped_is_the_one_that_the_settings_make():
    how = "python -m hhstudio.core.spec.settings_page"
    assert resource("guide/settings.md").read_text(encoding="utf-8") == PAGE, f"write it again: {how}"


def test_every_setting_and_every_option_of_a_solver_is_on_the_page():
    options = {f"solver.{field.name}" for name in ARCHITECTURES for field in option_fields(name)}
    for name in (all_fields().keys() - {"solver.options"}) | options:
        assert f"| `{name}`" in PAGE


def test_every_row_of_a_table_has_as_many_cells_as_its_head():
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert len(rows) > 100
    assert {line.count("|") for line in rows} == {6}

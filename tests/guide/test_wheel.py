"""What the wheel holds beside the package: what the program reads, and nothing else."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_holds_the_resources_that_the_program_reads_and_no_others():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    folders = {Path(source).name for source in included}
    assert included == {f"resources/{name}": f"hhstudio/resources/{name}" for name in folders}
    code = "\n".join(file.read_text() for file in (ROOT / "hhstudio").rglob("*.py"))
    assert set(re.findall(r"resource\(f?\"(\w+)", code)) == folders
    assert {folder.name for folder in (ROOT / "resources").iterdir()} == folders


def test_every_icon_is_used():
    code = "\n".join(file.read_text() for file in (ROOT / "hhstudio").rglob("*.py"))
    for icon in (ROOT / "resources" / "icons").glob("*.svg"):
        name = icon.stem.removesuffix("-dark").removesuffix("-light")
        assert f'"{name}"' in code, icon.name

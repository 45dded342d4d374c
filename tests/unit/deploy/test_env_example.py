"""``.env.example`` names every setting, once, with what it is and its default; nothing in it is made up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pytest

from tests.unit.deploy.settings_in_code import (
    REPOSITORY,
    Setting,
    compose_fixed,
    compose_variables,
    model_settings,
    variables_read_by_code,
)

LINE: Final = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$")
OLD_NAMES: Final = {"VP_INSTRUMENT_CONFIG_PATH"}
"""Read for the sake of old set-ups, and said so by a warning; a new one takes the new name."""
FIXED_HEADING: Final = "# --- Fixed in containers"


@dataclass(frozen=True, slots=True)
class Example:
    """One line of the file."""

    default: str
    said: str
    below_fixed: bool


def examples() -> dict[str, Example]:
    """The file, by variable."""
    found: dict[str, Example] = {}
    said, below_fixed = "", False
    for line in (REPOSITORY / ".env.example").read_text().splitlines():
        below_fixed |= line.startswith(FIXED_HEADING)
        assignment = LINE.match(line)
        if assignment is None:
            assert line == "" or line.startswith("# "), f"neither a comment nor a setting: {line}"
            said = line.removeprefix("# ")
            continue
        name, default = assignment.groups()
        assert name not in found, f"{name} is there twice"
        found[name] = Example(default, said, below_fixed)
        said = ""
    return found


def by_variable() -> dict[str, list[Setting]]:
    """Settings of the models; one variable may be a field of several."""
    grouped: dict[str, list[Setting]] = {}
    for setting in model_settings():
        grouped.setdefault(setting.variable, []).append(setting)
    return grouped


EXAMPLES: Final = examples()


@pytest.mark.parametrize("variable", sorted(by_variable()))
def test_a_setting_of_a_service_has_its_description_and_its_default(variable: str) -> None:
    settings = by_variable()[variable]
    wanted = compose_variables().get(variable)
    defaults = {wanted} if wanted is not None else {setting.default for setting in settings}
    lines = [
        f"# {setting.description}\n# {variable}={default}" for setting in settings for default in defaults
    ]
    assert variable in EXAMPLES, "add to .env.example:\n" + lines[0]
    example = EXAMPLES[variable]
    assert example.default in defaults, f"in .env.example should be:\n{lines[0]}"
    if variable not in compose_variables():
        descriptions = {setting.description for setting in settings}
        assert example.said in descriptions, f"in .env.example should be:\n{lines[0]}"


@pytest.mark.parametrize("variable", sorted(compose_variables()))
def test_a_variable_of_the_compose_file_has_its_default(variable: str) -> None:
    assert variable in EXAMPLES
    assert EXAMPLES[variable].default == compose_variables()[variable]


@pytest.mark.parametrize("variable", sorted(variables_read_by_code() - OLD_NAMES))
def test_a_variable_that_a_command_reads_is_named(variable: str) -> None:
    assert variable in EXAMPLES


def test_nothing_else_is_named_and_each_line_says_what_it_is() -> None:
    known = by_variable().keys() | compose_variables().keys() | variables_read_by_code()
    assert EXAMPLES.keys() - known == set()
    assert [name for name, example in EXAMPLES.items() if not example.said] == []


def test_what_containers_do_not_take_from_the_file_stands_apart() -> None:
    ours = compose_fixed() & EXAMPLES.keys()
    assert {
        name for name, example in EXAMPLES.items() if example.below_fixed
    } == ours - compose_variables().keys()

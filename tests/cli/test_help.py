"""Laws of the help: each topic is listed and printed, and its commands are commands."""

import re

import pytest

from explorer.cli import help as topics
from explorer.cli.main import COMMANDS, main


def test_every_topic_is_listed_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    listed = capsys.readouterr().out
    assert {"promises", "server"} <= topics.topics().keys()
    assert all(name in listed and title in listed for name, title in topics.topics().items())


@pytest.mark.parametrize("name", topics.topics())
def test_a_topic_is_printed_and_names_commands_that_are_there(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["help", name]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# ")
    assert set(re.findall(r"(?m)(?:^|`| )explorer ([a-z]+)(?: |`|$)", text)) <= COMMANDS.keys()


def test_a_topic_that_is_not_there_names_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["help", "love"]) == 1
    assert "server" in capsys.readouterr().err

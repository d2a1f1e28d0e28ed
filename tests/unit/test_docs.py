"""What docs/ says of tables is what the tables hold."""

import re
from pathlib import Path

from typer.main import get_command

from radiogen.app import app
from radiogenomics.tables.checks import CHECKS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_on_evidence_names_every_check_and_no_other():
    (audit,) = re.findall(r"^## Audit\n(.*?)^## ", (DOCS / "evidence.md").read_text(), re.DOTALL | re.MULTILINE)
    named = [name for row in re.findall(r"^\| (`.*?) \|", audit, re.MULTILINE) for name in re.findall(r"`(\S+?)`", row)]
    assert sorted(named) == sorted(CHECKS)


def test_commands_and_options_in_the_docs_exist():
    commands = get_command(app).commands
    for page in DOCS.glob("*.md"):
        for block in re.findall(r"^```\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            for line in re.findall(r"^radiogen ([a-z]+)(.*)$", block.replace("\\\n", ""), re.MULTILINE):
                name, rest = line[0], line[1].partition("#")[0]
                assert name in commands, line
                if name == "sweep":  # takes the options of train too
                    continue
                known = {
                    option
                    for parameter in commands[name].params
                    for option in [*parameter.opts, *parameter.secondary_opts]
                }
                assert set(re.findall(r"(?<=\s)--[a-z-]+", rest)) <= known, line

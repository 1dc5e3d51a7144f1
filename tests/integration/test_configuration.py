"""docs/configuration.md against the program."""

import re

from program import ROOT, new_home

PAGE = (ROOT / "docs/configuration.md").read_text()


def test_the_table_of_settings_is_that_of_the_program(tmp_path):
    listed = new_home(tmp_path / "home").good("help", "settings").stdout.split("\n\nEach")[0]
    names = re.findall(r"^(\S+)(?: \[.*\])?  \(default: (.*)\)$", listed, re.M)
    assert len(names) > 20 and re.findall(r"^\| `([^`]+)` \| (.*?) \| ", PAGE, re.M)[: len(names)] == names
    meanings = re.sub(r"\s+", " ", re.sub(r"^\S+.*$", "", listed, flags=re.M))
    for name, meaning in re.findall(r"^\| `([a-z_.]+)` \| [^|]* \| (.*?)(?: \(`.*)? \|$", PAGE, re.M):
        assert meaning in meanings, name


def test_the_example_of_tables_is_taken_and_a_wrong_table_is_refused(tmp_path):
    example = next(b for b in re.findall(r"```yaml\n(.*?)```", PAGE, re.S) if "tables:" in b)
    home = new_home(tmp_path / "home")
    (home.path / "secchi.yaml").write_text("version: 1\n" + example)
    home.good("status")
    (home.path / "secchi.yaml").write_text("version: 1\n" + example.replace("billing.usage", "billing.usag"))
    done = home.run("status")
    assert done.returncode == 2 and "secchi.yaml:6: tables: there is no bronze table 'billing.usag'; did you mean 'billing.usage'?" in done.stderr

"""docs/deploy.md says of every value what it is, and only what the chart takes."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from conftest import CHART, ROOT

PAGE = (ROOT / "docs" / "deploy.md").read_text()
COMMANDS = re.findall(r"^helm (?:install|upgrade) .*", PAGE.replace("\\\n", " "), flags=re.MULTILINE)
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def documented() -> dict[str, object]:
    """The table's values with their defaults."""
    section = PAGE.split("\n## What each value does\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([\w.]+)` \| `([^`]+)` \|", section, flags=re.MULTILINE)
    # Every line but the two of the head is such a row, and each value has one.
    assert len(dict(rows)) == len(rows) == section.count("\n|") - 2
    return {name: yaml.safe_load(default) for name, default in rows}


def leaves(values: dict, prefix: str = "") -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_each_default_in_the_table_is_the_charts():
    for name, default in documented().items():
        value = VALUES
        for part in name.split("."):
            assert part in value, f"there is no value {name}"
            value = value[part]
        assert value == default and type(value) is type(default), name


def test_every_value_is_in_the_table():
    rows = documented()
    missing = [leaf for leaf in leaves(VALUES) if not any(leaf == row or leaf.startswith(f"{row}.") for row in rows)]

    assert not missing, "say in docs/deploy.md what they do"


def test_what_the_text_says_to_set_is_a_value():
    said = set(re.findall(r"`([a-z]\w*(?:\.\w+)*)=[^`\s]+`", PAGE))

    assert "kubernetesService.web" in said, "while there is no page"
    assert said <= set(leaves(VALUES))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_chart_takes_what_the_commands_set(template, command):
    words = shlex.split(command)

    rendered = template(*(words[place + 1] for place, word in enumerate(words) if word == "--set"))

    assert rendered.returncode == 0, rendered.stderr


def test_the_ten_lines_are_ten_and_can_be_pasted_at_once():
    lines = PAGE.split("\n## Ten lines\n")[1].split("```sh\n")[1].split("```")[0].splitlines()

    assert len(lines) == 10
    assert lines[-2].endswith(" &") and "--retry-connrefused" in lines[-1], "the port is not open at once"


def test_what_a_pod_asks_for_is_what_the_page_says(render):
    pod = render()["Deployment", "pp-doclayout-deployment"]["spec"]["template"]["spec"]
    (probe,) = pod["initContainers"]
    asked = [one["resources"]["requests"]["cpu"] for one in (*pod["containers"], probe)]

    assert asked == ["2", "5m"]
    assert "2.005 processors free" in PAGE


def test_the_other_behavior_that_the_page_shows_can_be_set(helm, tmp_path):
    values = tmp_path / "recipe.yaml"
    values.write_text(PAGE.split("```yaml\n# helm upgrade … --values recipe.yaml\n")[1].split("```")[0])
    command = [helm, "template", CHART, f"--values={values}", "--kube-version=1.34.0", "--show-only=templates/hpa.yaml"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    hpa = yaml.safe_load(done.stdout)["spec"]
    assert hpa["behavior"] == yaml.safe_load(values.read_text())["autoscaling"]["behavior"]
    assert len(hpa["metrics"]) == 2


def test_what_the_page_shows_for_openshift_can_be_set(helm, tmp_path):
    values = tmp_path / "openshift.yaml"
    values.write_text(PAGE.split("```yaml\n# helm upgrade … --values openshift.yaml\n")[1].split("```")[0])
    command = [helm, "template", CHART, f"--values={values}", "--kube-version=1.34.0"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "runAsUser" not in done.stdout and "fsGroup" not in done.stdout
    (policy,) = [item for item in yaml.safe_load_all(done.stdout) if item and item["kind"] == "NetworkPolicy"]
    assert [rule["ports"][0]["port"] for rule in policy["spec"]["egress"]] == [53, 5353]


def test_links_lead_somewhere():
    def anchors(page: str) -> set[str]:
        heads = re.findall(r"^#+ (.*)", page, flags=re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}

    links = re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", PAGE)
    assert links
    for file, anchor in links:
        target = (ROOT / "docs" / file).resolve() if file else ROOT / "docs" / "deploy.md"
        assert target.exists(), file
        assert not anchor or anchor in anchors(target.read_text()), f"{file}#{anchor}"

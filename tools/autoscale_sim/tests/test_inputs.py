"""What cannot be used ends with 2 and one sentence: 1 is for timelines that are apart."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.autoscale_sim import report
from tools.autoscale_sim.__main__ import main

from .hand import pods_metric

HPA: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "pp-doclayout-hpa"},
    "spec": {"minReplicas": 1, "maxReplicas": 9, "metrics": [pods_metric("load", "1")]},
}
SCALED: dict[str, Any] = {"kind": "ScaledObject", "spec": {"triggers": [{"metadata": {"threshold": "1"}}]}}
HEAD = "time,replicas,metric,pod,value\n"
GOOD = HEAD + "0,2,load,a,0.5\n15,2,load,a,0.5\n60,2,load,a,0.5\n"
SCENARIO: dict[str, Any] = {
    "title": "t", "about": "a", "profile": "picodet-avx2", "deadline": 10, "unit": "min", "curve": [[0, 1], [1, 1]],
}  # fmt: skip

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Exit status, standard output and standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["autoscale_sim", *map(str, words)])
        try:
            status: Any = main()
        except SystemExit as end:
            status = end.code
        return (status, *capsys.readouterr())

    return call


def check_refusal(answer: tuple[int, str, str], says: str) -> None:
    status, _, error = answer
    assert status == 2
    assert error.startswith("autoscale_sim: ") and error.count("\n") == 1
    assert says in error


def with_spec(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**document, "spec": {**document["spec"], **changes}}


@pytest.fixture
def replay(command: Command, tmp_path: Path) -> Command:
    def call(*options: object, recording: str | bytes = GOOD, hpa: Any = HPA, suffix: str = "csv") -> tuple[int, str, str]:
        record, autoscaler = tmp_path / f"record.{suffix}", tmp_path / "hpa.yaml"
        record.write_bytes(recording if isinstance(recording, bytes) else recording.encode())
        autoscaler.write_text(hpa if isinstance(hpa, str) else yaml.safe_dump(hpa))
        return command("replay", record, autoscaler, *options)

    return call


def test_what_the_others_change_is_good(replay: Command) -> None:
    assert replay()[0] == 0
    assert replay(hpa=SCALED)[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        "--period 0", "--period -1", "--period nan", "--period inf", "--period 1e-9", "--period x", "--phase -1", "--phase nan",
        "--phase 16", "--within -1", "--within nan", "--within inf", "--within x", "--mean-error -0.1", "--mean-error nan",
    ],
)  # fmt: skip
def test_options_of_replay(replay: Command, words: str) -> None:
    check_refusal(replay(*words.split()), words.split()[0])


@pytest.mark.parametrize("mode", [[], ["--follow"]])
@pytest.mark.parametrize(
    ("recording", "says"),
    [
        ("", "lacks the columns"),
        (HEAD, "at least two"),
        (HEAD + "0,2,load,a,0.5\n", "at least two"),
        ("time,replicas\n0,2\n1,2\n", "lacks the columns"),
        (GOOD + "x,2,load,a,0.5\n", "line 5: time is 'x'"),
        (GOOD + "61,x,load,a,0.5\n", "replicas is 'x'"),
        (GOOD + "61,2.5,load,a,0.5\n", "replicas is '2.5'"),
        (GOOD + "61,-1,load,a,0.5\n", "replicas is '-1'"),
        (GOOD + "61,999999999,load,a,0.5\n", "from 0 to 150000"),
        (GOOD + "61,2,load,a,x\n", "value is 'x'"),
        (GOOD + "61,2,load,a,-0.5\n", "value is '-0.5'"),
        (GOOD + "61,2,load,a,nan\n", "value is 'nan'"),
        (GOOD + "61,2,load,a,inf\n", "value is 'inf'"),
        (GOOD + "61,2,load,a\n", "value is None"),
        (GOOD + "61,2,load,a,0,5\n", "more columns"),
        (GOOD + "nan,2,load,a,0.5\n", "time is 'nan'"),
        (GOOD + "-1,2,load,a,0.5\n", "time is '-1'"),
        (GOOD + "1,2,load,a,0.5\n", "do not rise"),
        (GOOD + "60,2,load,,0.5\n", "of pods and of the whole"),
        (GOOD + "1700000000,2,load,a,0.5\n", "periods"),
        (b"\xff\xfe\x00", "UTF-8"),
        (HEAD + "0," + "9" * 200_000, "CSV"),
    ],
)
def test_recordings_as_csv(replay: Command, recording: str | bytes, says: str, mode: list[str]) -> None:
    check_refusal(replay(*mode, recording=recording), says)


def of_json(**changes: Any) -> str:
    first: dict[str, Any] = {"time": 0, "replicas": 2, "metrics": {"load": {"a": 0.5}}, **changes}
    return json.dumps({"records": [first, {"time": 60, "replicas": 2}]})


@pytest.mark.parametrize(
    ("recording", "says"),
    [
        ("", "has to be JSON"),
        ("{", "has to be JSON"),
        ("[" * 100_000, "has to be JSON"),
        ("[]", "has to be a mapping"),
        ("{}", "records is missing"),
        ('{"records": []}', "at least two"),
        ('{"records": 3}', "has to be a list"),
        ('{"records": [1, 2]}', "records[0] is 1"),
        (of_json(time=None), "records[0].time is None"),
        (of_json(time="x"), "records[0].time"),
        (of_json(time=float("nan")), "records[0].time is nan"),
        (of_json(time=60), "do not rise"),
        (of_json(replicas=None), "records[0].replicas is None"),
        (of_json(replicas=-1), "records[0].replicas is -1"),
        (of_json(replicas=True), "records[0].replicas is True"),
        (of_json(metrics=[]), "metrics is []"),
        (of_json(metrics={"load": "x"}), "metrics.load"),
        (of_json(metrics={"load": {"a": "x"}}), "metrics.load.a"),
        (of_json(metrics={"load": {"a": float("nan")}}), "metrics.load.a is nan"),
        (of_json(metrics={"load": {"a": -1}}), "metrics.load.a is -1"),
        (of_json(pods=[]), "pods is []"),
        (of_json(pods={"a": 1}), "pods.a is 1"),
        (of_json(pods={"a": {"ready": 1}}), "pods.a.ready is 1"),
        (of_json(pods={"a": {"phase": 1}}), "pods.a.phase is 1"),
        (of_json()[:-1] + ', "syncs": []}', "syncs has 0 entries"),
        (of_json()[:-1] + ', "syncs": 3}', "syncs is 3"),
        (of_json()[:-1] + ', "syncs": [15, 0]}', "syncs do not rise"),
        (of_json()[:-1] + ', "syncs": ["x"]}', "syncs[0]"),
    ],
)
def test_recordings_as_json(replay: Command, recording: str, says: str) -> None:
    check_refusal(replay(recording=recording, suffix="json"), says)


def with_target(**target: Any) -> dict[str, Any]:
    return with_spec(HPA, metrics=[{"type": "Pods", "pods": {"metric": {"name": "load"}, "target": target}}])


def with_behavior(**rules: Any) -> dict[str, Any]:
    return with_spec(HPA, behavior={"scaleUp": rules})


@pytest.mark.parametrize(
    ("hpa", "says"),
    [
        ("", "has to be a mapping"),
        ("a: [", "has to be YAML or JSON"),
        ("\0", "has to be YAML or JSON"),
        ("when: 2024-99-99", "has to be YAML or JSON"),
        ("[1]", "has to be a mapping"),
        ("spec: 3", "spec is 3"),
        ({"kind": "Deployment", "spec": {}}, "HorizontalPodAutoscaler, ScaledObject"),
        (with_spec(HPA, maxReplicas=None), "maxReplicas is None"),
        (with_spec(HPA, maxReplicas="9"), "maxReplicas"),
        (with_spec(HPA, maxReplicas=0), "maxReplicas is 0"),
        (with_spec(HPA, minReplicas=-1), "minReplicas is -1"),
        (with_spec(HPA, minReplicas=10), "at most maxReplicas"),
        (with_spec(HPA, metrics=None), "metrics is missing"),
        (with_spec(HPA, metrics=[]), "metrics has 0 entries"),
        (with_spec(HPA, metrics=[{}]), "metrics[0].type is missing"),
        (with_spec(HPA, metrics=[{"type": "Pods"}]), "metrics[0].pods is missing"),
        (with_spec(HPA, metrics=[{"type": "ContainerResource"}]), "one of: Pods"),
        (with_target(), "averageValue"),
        (with_target(averageValue="many"), "a Kubernetes quantity"),
        (with_target(averageValue="NaN"), "a Kubernetes quantity"),
        (with_target(averageValue="Infinity"), "a Kubernetes quantity"),
        (with_target(averageValue="-1"), "not negative"),
        (with_target(averageValue="0"), "more than 0"),
        (with_behavior(policies=[]), "policies has 0 entries"),
        (with_behavior(policies=[{"type": "Pods"}]), "policies[0].value"),
        (with_behavior(policies=[{"type": "Some", "value": 1, "periodSeconds": 15}]), "Pods, Percent"),
        (with_behavior(policies=[{"type": "Pods", "value": -1, "periodSeconds": 15}]), "value is -1"),
        (with_behavior(policies=[{"type": "Pods", "value": 1, "periodSeconds": 0}]), "periodSeconds is 0"),
        (with_behavior(selectPolicy="Most"), "Max, Min, Disabled"),
        (with_behavior(stabilizationWindowSeconds=-1), "stabilizationWindowSeconds is -1"),
        (with_spec(HPA, behavior=[]), "behavior is []"),
        (with_spec(SCALED, triggers=[]), "triggers has 0 entries"),
        (with_spec(SCALED, triggers=[{}, {}]), "exactly one"),
        (with_spec(SCALED, triggers=[{}]), "metadata is missing"),
        (with_spec(SCALED, triggers=[{"metadata": {"threshold": "0"}}]), "more than 0"),
        (with_spec(SCALED, minReplicaCount=200), "at most maxReplicaCount"),
        (with_spec(SCALED, cooldownPeriod=-1), "cooldownPeriod is -1"),
        (with_spec(SCALED, advanced=3), "advanced is 3"),
        (with_spec(SCALED, fallback={"failureThreshold": 3, "replicas": 6, "behavior": "none"}), "currentReplicasIfHigher"),
        (with_spec(SCALED, fallback={"replicas": 6}), "failureThreshold"),
    ],
)
def test_autoscalers(replay: Command, hpa: Any, says: str) -> None:
    check_refusal(replay(hpa=hpa), says)


def test_files_that_are_not_there_or_are_folders(command: Command, replay: Command, tmp_path: Path) -> None:
    replay()
    record, hpa, missing = tmp_path / "record.csv", tmp_path / "hpa.yaml", tmp_path / "missing.json"

    for words in ((missing, hpa), (record, missing), (tmp_path, hpa), (record, tmp_path)):
        check_refusal(command("replay", *words), "cannot use")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "command"),
        ("walk", "walk"),
        ("run nothing ours", "there is no scenario 'nothing'; there are flash-crowd"),
        ("run flash-crowd nothing", "there is no file of settings 'nothing'; there are keda"),
        ("run flash-crowd ours --seed -1", "--seed"),
        ("run flash-crowd ours --seed x", "--seed"),
        ("run flash-crowd ours --record /dev/null/run.json", "/dev/null/run.json"),
        ("run flash-crowd ours --scenarios /dev/null", "has to be a mapping"),
        ("run flash-crowd ours --scenarios missing.yaml", "missing.yaml"),
        ("run flash-crowd ours --settings-folder missing", "there is no file of settings"),
        ("curve nothing", "there is no scenario 'nothing'"),
        ("curve diurnal --step 0", "--step"),
        ("curve diurnal --step -1", "--step"),
        ("curve diurnal --step 0.5", "--step"),
        ("curve diurnal --seed -1", "--seed"),
        ("report --only nothing", "there is no scenario 'nothing'"),
    ],
)
def test_other_commands(command: Command, words: str, says: str) -> None:
    check_refusal(command(*words.split()), says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"unit": "d"}, "s, min, h"),
        ({"title": None}, "title is missing"),
        ({"profile": "abacus"}, "there is no profile 'abacus'"),
        ({"deadline": 0}, "deadline is 0"),
        ({"curve": [[0, 1]]}, "curve has 1 entries"),
        ({"curve": [[0, 1], [1]]}, "curve[1]"),
        ({"curve": [[0, 1], [1, -1]]}, "curve[1][1] is -1"),
        ({"curve": [[0, 1], [1e9, 1]]}, "curve[1][0]"),
        ({"curve": [[1, 1], [0, 1]]}, "rise from point to point"),
        ({"noise": -1}, "noise is -1"),
        ({"replicas": -1}, "replicas is -1"),
        ({"outage": [2, 1]}, "outage is [2, 1]"),
        ({"node_loss": [0, 1], "cluster": {"nodes": 1}}, "nodes has to be at least 2"),
        ({"cluster": {"slots": 0}}, "slots is 0"),
        ({"cluster": {"image": [2, 1]}}, "image is [2, 1]"),
        ({"cluster": {"sync_period": 0}}, "sync_period is 0"),
        ({"cluster": {"slotz": 1}}, "slotz"),
        ({"hpa": {"ours": 3}}, "hpa.ours is 3"),
        ({"hpa": {"ours": {"targets": 3}}}, "targets is 3"),
        ({"hpa": {"ours": {"maxReplicas": 1}}}, "at most maxReplicas"),
    ],
)
def test_scenarios(command: Command, tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    path = tmp_path / "scenarios.yaml"
    path.write_text(yaml.safe_dump({"mine": {**SCENARIO, **changes}}))

    check_refusal(command("run", "mine", "ours", "--scenarios", path), says)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"title": None}, "title is missing"),
        ({"hpa": None}, "either hpa or scaledObject"),
        ({"scaledObject": {"triggers": []}}, "either hpa or scaledObject"),
        ({"hpa": {}}, "maxReplicas is None"),
        ({"series": None}, "series is missing"),
        ({"series": {}}, "series has to say what load is"),
        ({"series": {"load": "weight"}}, "load_ratio, requests_in_progress"),
        ({"series": {"load": -1}}, "series.load is -1"),
    ],
)
def test_files_of_settings(command: Command, tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    settings = {"title": "mine", "hpa": HPA["spec"], "series": {"load": "load_ratio"}, **changes}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(settings))

    check_refusal(command("run", "flash-crowd", "mine", "--settings-folder", tmp_path), says)


def test_standard_output_that_is_full() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tools.autoscale_sim", "curve", "flash-crowd"],
            cwd=report.ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    check_refusal((done.returncode, "", done.stderr), "standard output")


def as_list(*objects: Any) -> dict[str, Any]:
    """What `kubectl get hpa -o yaml` gives without a name."""
    return {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": list(objects)}


def test_a_list_of_one_is_that_one(replay: Command) -> None:
    assert replay(hpa=as_list(HPA)) == replay(hpa=HPA)


@pytest.mark.parametrize("count", [0, 2])
def test_a_list_of_another_number_is_refused(replay: Command, count: int) -> None:
    check_refusal(replay(hpa=as_list(*[HPA] * count)), f"List of {count} objects")

"""The page about teams of agents: its resources fit the schemas, and its Job does its job."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

from spec_notify.formats import team
from spec_notify.sources.team_manifest import read_manifests
from spec_notify.transports.receiver import Receiver
from tests.repository import environment

from .pages import ROOT, blocks

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "docs/how-to/agent-teams.md"
VERSION = "1.30"


def resources() -> dict[str, dict[str, Any]]:
    *_, text = blocks(PAGE, "yaml")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap", "PersistentVolumeClaim", "Job"])
def test_a_resource_fits_the_schema_of_kubernetes(kind: str) -> None:
    kubernetes_validate.validate(resources()[kind], VERSION, strict=True)


def test_the_schema_would_have_found_a_mistake() -> None:
    job = resources()["Job"]
    job["spec"]["template"]["spec"]["restartPolice"] = "Never"

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, VERSION, strict=True)


def test_the_command_of_the_job_tells_the_slack_of_the_secret(tmp_path: Path) -> None:
    """What a cluster would mount stands below a folder of ours instead."""
    known = resources()
    container = known["Job"]["spec"]["template"]["spec"]["containers"][0]
    mounts = {each["name"]: tmp_path / each["mountPath"][1:] for each in container["volumeMounts"]}
    for each in mounts.values():
        each.mkdir(parents=True)
    (mounts["team"] / "team.json").write_text(known["ConfigMap"]["data"]["team.json"])
    _, _, *words = container["command"]
    words = [word if word.startswith("--") else str(tmp_path / word[1:]) for word in words]
    state = container["env"][0]
    with Receiver() as slack:
        (mounts["credentials"] / "slack-webhook-url").write_text(slack.url)
        done = subprocess.run(
            [sys.executable, "-m", "spec_notify", "deliver-team", "--allow-private", *words],
            cwd=tmp_path,
            env=environment(tmp_path, **{state["name"]: str(tmp_path / state["value"][1:])}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        (told,) = slack.requests

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(told.body) == {
        "text": "Team *release-notes* finished with phase *Completed*.",
        "channel": "#releases",
    }


def test_the_manifest_and_the_body_on_the_page_are_what_they_are_said_to_be() -> None:
    manifest, _ = blocks(PAGE, "yaml")
    body, *_ = blocks(PAGE, "json")
    found = read_manifests(manifest)
    told = json.loads(body)

    assert found.faults == ()
    assert [each.type for each in found.teams[0].recipients] == ["webhook", "slack"]
    assert told["message"] == found.teams[0].recipients[0].message
    assert list(told) == ["event", "team", "namespace", "phase", "message", "artifacts"]
    golden = (ROOT / "fixtures" / "payloads" / "team_completed.json").read_bytes()
    assert list(json.loads(team.spell(golden))) == [
        "event",
        "team",
        "namespace",
        "phase",
        "artifacts",
    ]

"""`sign` and `verify` by hand agree with the published vectors, in every profile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.repository import environment

VECTORS = Path(__file__).parents[2] / "fixtures" / "vectors"
STANDARD = json.loads((VECTORS / "standard-v1.json").read_bytes())
BODY_ONLY = json.loads((VECTORS / "body-hmac.json").read_bytes())
PAIRS = json.loads((VECTORS / "standard-v1a.json").read_bytes())
HEADERS = {
    "github": ("X-Hub-Signature-256", "sha256="),
    "conductor": ("X-Conductor-Signature", "sha256="),
    "aegis": ("X-Aegis-Signature", ""),
}

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Answer what runs spec-notify in a folder of its own."""

    def run_(*words: str, secret: str = "", code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "spec_notify", *words],
            cwd=tmp_path,
            env=environment(tmp_path, **({"SPEC_NOTIFY_SECRET": secret} if secret else {})),
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run_


@pytest.mark.parametrize("vector", STANDARD[:3], ids=lambda each: each["name"])
def test_the_standard_vectors_hold(run: Run, tmp_path: Path, vector: dict[str, Any]) -> None:
    (tmp_path / "body").write_bytes(vector["body"].encode())
    words = ("--id", vector["id"], "--timestamp", str(vector["timestamp"]), "--body-file", "body")

    done = run("sign", *words, "--json", secret=vector["secret"])

    assert json.loads(done.stdout)["headers"] == {
        "webhook-id": vector["id"],
        "webhook-timestamp": str(vector["timestamp"]),
        "webhook-signature": vector["signature"],
    }
    check = ("verify", *words, "--signature", vector["signature"])
    assert run(*check, "--any-time", secret=vector["secret"]).stdout == "good\n"
    assert run(*check, secret=vector["secret"], code=1).stdout.startswith("stale: ")


@pytest.mark.parametrize("vector", BODY_ONLY[:3], ids=lambda each: each["name"])
@pytest.mark.parametrize("profile", HEADERS)
def test_the_body_only_vectors_hold(run: Run, profile: str, vector: dict[str, Any]) -> None:
    name, prefix = HEADERS[profile]
    words = ("--profile", profile, "--body", vector["body"])

    done = run("sign", *words, secret=vector["secret"])

    assert done.stdout == f"{name}: {prefix}{vector['hex']}\n"
    check = ("verify", *words, "--signature")
    run(*check, f"{prefix}{vector['hex']}", secret=vector["secret"])
    wrong = run(*check, f"{prefix}{vector['hex'][::-1]}", secret=vector["secret"], code=1)
    assert wrong.stdout == "wrong signature\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("sign body --profile rot13", "rot13 is no profile"),
        ("sign body", "--id is needed"),
        ("sign --id evt_1", "which body"),
        ("sign body --body x --id evt_1", "which body"),
        ("sign nowhere --id evt_1", "nowhere: "),
        ("verify body --id evt_1 --signature v1,x", "--timestamp is needed"),
    ],
)
def test_wrong_words_are_refused(run: Run, tmp_path: Path, words: str, said: str) -> None:
    (tmp_path / "body").write_bytes(b"{}")

    assert said in run(*words.split(), secret=STANDARD[0]["secret"], code=2).stderr


def test_the_secret_comes_from_the_environment_alone(run: Run) -> None:
    refused = run("sign", "--body", "x", "--profile", "aegis", code=2)

    assert "SPEC_NOTIFY_SECRET is not set" in refused.stderr


@pytest.mark.parametrize("vector", PAIRS[:3], ids=lambda each: each["name"])
def test_a_key_signs_and_its_public_key_verifies(
    run: Run, tmp_path: Path, vector: dict[str, Any]
) -> None:
    (tmp_path / "body").write_bytes(vector["body"].encode())
    words = ("body", "--id", vector["id"], "--timestamp", str(vector["timestamp"]))

    done = run("sign", *words, "--json", secret=vector["private"])

    assert json.loads(done.stdout)["headers"]["webhook-signature"] == vector["signature"]
    check = ("verify", *words, "--any-time", "--signature", vector["signature"])
    assert run(*check, "--public-key", vector["public"]).stdout == "good\n"
    assert run(*check, secret=vector["public"]).stdout == "good\n"
    wrong = run(*check, "--public-key", PAIRS[4]["public"], code=1)
    assert wrong.stdout == "wrong signature\n"


def test_a_pair_is_made_and_its_public_half_told_again(run: Run) -> None:
    private, public = run("secret", "--ed25519").stdout.split()
    as_json = json.loads(run("secret", "--ed25519", "--json").stdout)

    assert (private[:5], public[:5]) == ("whsk_", "whpk_")
    assert private != as_json["private"]
    assert run("secret", "--public-of", "SPEC_NOTIFY_SECRET", secret=private).stdout.split() == [
        public
    ]
    assert "holds no whsk_ key" in run("secret", "--public-of", "NOWHERE", code=2).stderr


def test_a_private_key_on_the_line_is_refused_and_not_repeated(run: Run) -> None:
    private = PAIRS[1]["private"]
    words = ("--body", "x", "--id", "evt_1", "--timestamp", "1", "--signature", "v1a,x")

    refused = run("verify", *words, "--public-key", private, code=2)

    assert "takes a whpk_ key" in refused.stderr
    assert private[5:] not in refused.stderr + refused.stdout
    other = run("verify", *words, "--profile", "aegis", "--public-key", PAIRS[1]["public"], code=2)
    assert "--public-key is for the standard profile" in other.stderr

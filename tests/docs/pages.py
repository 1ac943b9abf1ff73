"""The pages of the repository, and what a transcript looks like once chance is taken out of it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_UNTRACKED = {".venv", "node_modules", "dist"}
_CHANCE = (
    (re.compile(r"(?<![a-z])(evt|dlv)_[a-z2-7]{1,26}"), r"\1_…"),
    (re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z"), "<instant>"),
    (re.compile(r"\d{8}T\d{6}\.\d{3}Z"), "<stamp>"),
    (re.compile(r"(webhook-timestamp: )\d+"), r"\1<seconds>"),
    (re.compile(r"v1,[A-Za-z0-9+/]+=*"), "v1,…"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b"), "<hex>"),
    (re.compile(r"127\.0\.0\.1([: ])(port )?\d+"), r"127.0.0.1\1\2<port>"),
)
_MEASURES = (
    (re.compile(r"(?<![\w.])[\d.]+ (?:ms|s|min|h|d)(?: \d+ (?:s|min|h))?\b"), "<length>"),
    (re.compile(r"[\d,.]+ (?:bytes|kB|MB)\b"), "<size>"),
    (re.compile(r"^(_unassigned +)[\d,]+ +[\d.]+ %", re.MULTILINE), r"\1<size> <share>"),
    # Columns are as wide as what was measured.
    (re.compile(r" {2,}"), "  "),
)


def tracked(*patterns: str) -> list[Path]:
    """Answer the files git tracks or would, that match; outside a repository all that stand."""
    words = ["git", "ls-files", "-co", "--exclude-standard", "--", *patterns]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return sorted(ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file())
    found = (path for pattern in patterns for path in ROOT.rglob(pattern) if path.is_file())
    return sorted(path for path in found if not _UNTRACKED & {*path.relative_to(ROOT).parts})


def blocks(page: str, language: str) -> list[str]:
    """Answer a page's fenced blocks of one language."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def without_chance(text: str) -> str:
    """Answer a transcript with ids, instants, signatures, hashes and ports replaced."""
    for pattern, shown in _CHANCE:
        text = pattern.sub(shown, text)
    return text


def without_measures(text: str) -> str:
    """Answer a transcript with lengths of time and sizes replaced too."""
    for pattern, shown in _MEASURES:
        text = pattern.sub(shown, text)
    return text

"""A bug's report: a file to paste, free of locals and of values."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path


def report(error: BaseException) -> str:
    """Write where a bug happened (files and lines, never values) and answer what to say."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"{type(error).__name__}", *(f"  {f.filename}:{f.lineno} {f.name}" for f in frames)]
    with tempfile.NamedTemporaryFile(
        "w", prefix="spec-notify-crash-", suffix=".txt", delete=False
    ) as file:
        file.write("\n".join(lines) + "\n")
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return f"{type(error).__name__} at {where}; the trace is in {file.name}"

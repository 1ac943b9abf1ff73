"""What is installed holds the page, whole."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import spec_notify.serve

TOP = Path(__file__).resolve().parents[2]
STATIC = Path(spec_notify.serve.__file__).parent / "static"


def test_the_wheel_holds_every_file_of_the_page(tmp_path: Path) -> None:
    words = ("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    subprocess.run([sys.executable, *words], cwd=TOP, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")

    with zipfile.ZipFile(wheel) as packed:
        for file in STATIC.iterdir():
            assert packed.read(f"spec_notify/serve/static/{file.name}") == file.read_bytes()
    assert (STATIC / "index.html").exists()


def test_the_page_names_only_files_that_are_there() -> None:
    import re

    known = {file.name for file in STATIC.iterdir()}
    for file in STATIC.iterdir():
        text = file.read_text("utf-8")
        named = re.findall(r'(?:src|href)="(?!#)([^"]+)"|from "\./([^"]+)"', text)
        assert {a or b for a, b in named} <= known, file.name
        # A browser is sent nowhere else, and no text becomes markup.
        assert not re.search(r"https?://(?!www\.w3\.org/)\w", text), file.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)

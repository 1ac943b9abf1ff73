"""
Prove spec-notify's evidence without spec-notify. Python 3.9 or newer, standard library only.

    python verify_evidence.py evidence

It reads every folder below the one it is given and writes nothing. Each record holds the SHA-256 of
its writer's record before it, so that an edited, moved or missing one breaks the chain behind it.
Exit code 0: every chain holds. 1: one does not. 2: there is no such folder.
The newest record of a chain is proven by nothing here: only the spool knows that it is the last.
"""

import hashlib
import json
import os
import re
import stat
import sys
from pathlib import Path

RECORD = re.compile(
    r"\d{8}T\d{6}\.\d{3}Z_(\d{8}|[1-9]\d{8,18})_([A-Za-z0-9_-]{1,64})_a(0|[1-9]\d{0,8})\.json",
    re.ASCII,
)
ANCHOR = re.compile(r"anchor_([A-Za-z0-9][A-Za-z0-9-]{0,63})\.json", re.ASCII)
LARGEST = 5_000_000


def verify(files):
    """
    Answer what is wrong with one folder's files, given as name -> bytes; nothing when all is well.

    Files that are not spec-notify's are passed over.
    """
    wrong, chains, anchors = [], {}, {}
    for name in sorted(files):
        if ANCHOR.fullmatch(name):
            said = read(files[name])
            if (
                said.get("schema") != "spec-notify/evidence-anchor/1"
                or name != f"anchor_{said.get('writer')}.json"
            ):
                wrong.append(f"unreadable: {name}: this is no anchor")
            else:
                anchors[said["writer"]] = said
        elif RECORD.fullmatch(name):
            link, complaints = place(name, files[name])
            wrong += complaints
            if link:
                chains.setdefault(link["writer"], []).append(link)
    for writer, chain in sorted(chains.items()):
        chain.sort(key=lambda each: (each["sequence"], each["name"]))
        wrong += breaks(chain, anchors.get(writer))
    return wrong


def read(body):
    """Answer a JSON object; an empty one for anything else."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def place(name, body):
    """Answer a record's place in its chain, None for no record, and what is odd about its bytes."""
    said = read(body)
    known = said.get("schema") == "spec-notify/evidence/1" and isinstance(said.get("writer"), str)
    if not known or type(said.get("sequence")) is not int or type(said.get("attempt")) is not int:
        return None, [f"unreadable: {name}: this is no record"]
    complaints = []
    sealed = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    if sealed.encode("utf-8", "surrogatepass") != body:
        complaints.append(f"altered: {name}: its bytes are not laid out as they were sealed")
    sequence, delivery, attempt = RECORD.fullmatch(name).groups()
    if (int(sequence), delivery, int(attempt)) != (
        said["sequence"],
        said.get("delivery"),
        said["attempt"],
    ):
        complaints.append(f"misnamed: {name}: it says something else than its name")
    digest = hashlib.sha256(body).hexdigest()
    link = {
        "name": name,
        "digest": digest,
        **{key: said.get(key) for key in ("writer", "sequence", "previous")},
    }
    return link, complaints


def breaks(chain, anchor):
    """Say where a writer's chain does not hold; what rotation took away, its anchor explains."""
    before = None
    for link in chain:
        if not follows(link, before, anchor):
            yield complaint(link, before)
        before = link


def follows(link, before, anchor):
    """Say whether a record stands where it was sealed."""
    if before is None and link["previous"] is None:
        return anchor is None or link["sequence"] <= anchor["sequence"]
    if before is not None:
        if link["sequence"] == before["sequence"]:
            return False
        if link["previous"] == before["digest"]:
            return True
        if link["previous"] is None or link["sequence"] == before["sequence"] + 1:
            return False
    if anchor is None:
        return False
    return link["previous"] == anchor["digest"] or link["sequence"] <= anchor["sequence"]


def complaint(link, before):
    """Say what a record that does not follow tells of the one before it."""
    if before is None:
        return f"truncated: {link['name']}: what came before it is gone, and no anchor explains it"
    if link["sequence"] == before["sequence"]:
        return f"doubled: {link['name']}: {before['name']} has the same sequence"
    if link["sequence"] == before["sequence"] + 1:
        return f"altered: {before['name']}: {link['name']} was sealed over other bytes"
    return f"missing: {link['name']}: {before['sequence'] + 1} to {link['sequence'] - 1} are gone"


def folders(root):
    """Answer each folder below `root` with its files; links are not followed."""
    for folder, _, names in os.walk(root):
        files = {name: contents(Path(folder, name)) for name in names if ours(name)}
        if files:
            yield folder, files


def ours(name):
    """Say whether a file is named as one of spec-notify's."""
    return bool(RECORD.fullmatch(name) or ANCHOR.fullmatch(name))


def contents(path):
    """Read a regular file of a sensible size; nothing of any other."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def main(words):
    """Verify the folder that was named; answer the exit code."""
    if not words or not Path(words[0]).is_dir():
        print("usage: python verify_evidence.py FOLDER (one that is there)", file=sys.stderr)
        return 2
    broken = 0
    for folder, files in folders(words[0]):
        wrong = verify(files)
        broken += len(wrong)
        count = sum(1 for each in files if RECORD.fullmatch(each))
        # A name may hold anything: only plain ASCII reaches the screen.
        print(f"{plain(folder)}: {count} records, {f'{len(wrong)} broken' if wrong else 'ok'}")
        for line in wrong:
            print(f"  {plain(line)}")
    return 1 if broken else 0


def plain(text):
    """Spell a text in plain ASCII."""
    return ascii(text)[1:-1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

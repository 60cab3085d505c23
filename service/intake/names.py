"""Names of drops: which are ignored, and what a drop is called in our own folders.

A name comes from os.scandir and may hold anything but "/" and NUL; bytes that are no UTF-8 stand in it as lone
surrogates. In the spool it keeps its name if that can be printed on one line and leaves room for our suffixes.
"""

import hashlib
import os
from pathlib import PurePosixPath

UNFINISHED_SUFFIXES = (".part", ".tmp", ".filepart", "~")
LONGEST_BYTES = 180  # of 255, so that drop ids, ".problem.json" and ".receipt.json" fit beside it
_STEM_BYTES = 140


def is_ignored(name: str) -> bool:
    """True while the sender still calls the drop unfinished, or hides it."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED_SUFFIXES)


def spool_name(name: str) -> str:
    """The drop's own name, or an escaped and shortened one with a hash; equal names give equal results."""
    raw = os.fsencode(name)
    if name.isprintable() and "\\" not in name and len(raw) <= LONGEST_BYTES:
        return name
    stem, suffix = split_suffix("".join(map(_escaped, name)))
    short = stem.encode()[:_STEM_BYTES].decode(errors="ignore")
    return f"{short}~{hashlib.sha256(raw).hexdigest()[:8]}{suffix}"


def _escaped(character: str) -> str:
    if character.isprintable() and character != "\\":
        return character
    return "".join(f"%{byte:02X}" for byte in os.fsencode(character))


def split_suffix(name: str) -> tuple[str, str]:
    """Stem and suffix; a suffix that is long, or not plain ASCII, counts to the stem."""
    suffix = PurePosixPath(name).suffix
    if not suffix[1:].isascii() or not suffix[1:].isalnum() or len(suffix) > 10:
        return name, ""
    return name[: -len(suffix)], suffix


def marked(name: str, mark: str) -> str:
    """`order~2.json`, for the second of that name in one folder; the name itself without a mark."""
    stem, suffix = split_suffix(name)
    return f"{stem}~{mark}{suffix}" if mark else name

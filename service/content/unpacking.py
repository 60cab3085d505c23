"""A content pack as it was handed in, a folder or an archive, copied to a place of our own: plain files and no others.

    NAME/ or NAME.zip or NAME.tar.gz     NAME as in 2026-W48
    pack.toml  en.ftl  fr.ftl  de.ftl    the archive may hold them in a folder of its name
    art/*.jpg  art/*.png

Nothing of an archive is trusted: its names are taken only if they are among these, so none leads elsewhere; links,
devices and pipes are refused; sizes are counted while bytes come, not believed. A pack with anything wrong is refused
as a whole: ContentRefused.
"""

import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from service.content.pack_file import ART, ART_PATTERN, NAME_PATTERN, PACK_FILE
from service.errors import ContentRefused
from service.model import LANGUAGES

MOST_FILES, MOST_BYTES, CHUNK = 64, 64_000_000, 1 << 16
ENDINGS = (".zip", ".tar.gz", ".tgz")
UNREADABLE = (
    *(OSError, EOFError, ValueError, RuntimeError),
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
TEXTS = (PACK_FILE, *(f"{language}.ftl" for language in LANGUAGES))
SHAPE = f"A pack holds {', '.join(TEXTS)} and {ART}/NAME.jpg or .png, and nothing else. docs/campaigns.md."


@dataclass(frozen=True, slots=True)
class _Member:
    """What was handed in, by its name there; only a plain file can be opened."""

    name: str
    open: "Callable[[], IO[bytes] | None] | None" = None


def name_of(source: Path) -> str:
    """What a folder or archive is called as a pack; raises ContentRefused if it can't be one."""
    name = source.name
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    if not re.fullmatch(NAME_PATTERN, name):
        raise ContentRefused(f"{source.name}: a pack is called by its week, as 2026-W48 or 2026-W48-halm")
    return name


def unpack(source: Path, into: Path) -> None:
    """Copy what `source` holds into the empty folder `into`; raises ContentRefused."""
    name, seen, written = name_of(source), set[str](), 0
    try:
        with closing(_members(source)) as members:
            for number, member in enumerate(members, 1):
                if number > MOST_FILES:
                    raise ContentRefused(f"more than {MOST_FILES} files and folders")
                if not (within := _within(member.name, name)):
                    continue
                _check(member, within, seen)
                seen.add(within)
                written += _copy(member, into / within, MOST_BYTES - written)
    except UNREADABLE as error:
        raise ContentRefused(f"{source.name} can't be unpacked: {type(error).__name__}") from error
    if missing := [text for text in TEXTS if text not in seen]:
        raise ContentRefused(f"{source.name} lacks {', '.join(missing)}", hint=SHAPE)


def _within(name: str, pack: str) -> str:
    """A member's name inside the pack; empty for folders that every pack may have."""
    plain = name.removeprefix("./").removeprefix(f"{pack}/").rstrip("/")
    return "" if plain in ("", ".", pack, ART) and (plain != ART or name.endswith("/")) else plain


def _check(member: _Member, within: str, seen: Iterable[str]) -> None:
    folder, _, file = within.rpartition("/")
    is_art = folder == ART and bool(re.fullmatch(ART_PATTERN, file))
    if within not in TEXTS and not is_art:
        raise ContentRefused(f"{within[:80]!r} belongs into no pack", hint=SHAPE)
    if member.open is None:
        raise ContentRefused(f"{within} is no plain file", hint=SHAPE)
    if within in seen:
        raise ContentRefused(f"{within} is there twice")


def _copy(member: _Member, target: Path, room_bytes: int) -> int:
    """The bytes of a member, into a new file; how many they were."""
    target.parent.mkdir(exist_ok=True)
    count = 0
    with _opened(member) as source, target.open("xb") as file:
        while chunk := source.read(CHUNK):
            count += len(chunk)
            if count > room_bytes:
                raise ContentRefused(f"more than {MOST_BYTES // 1_000_000} MB unpacked")
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return count


def _opened(member: _Member) -> IO[bytes]:
    opened = member.open() if member.open else None
    if opened is None:
        raise ContentRefused(f"{member.name[:80]!r} is no plain file", hint=SHAPE)
    return opened


# What was handed in --------------------------------------------------------------------------------------------------


def _members(source: Path) -> Generator[_Member, None, None]:
    """What is in a folder or an archive, each file open for as long as it is looked at."""
    if source.is_dir() and not source.is_symlink():
        yield from _in_folder(source)
    elif source.name.endswith(".zip"):
        yield from _in_zip(source)
    elif source.name.endswith(ENDINGS):
        yield from _in_tar(source)
    else:
        raise ContentRefused(f"{source.name} is neither a folder nor a .zip or .tar.gz")


def _in_folder(folder: Path) -> Iterator[_Member]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            if name != ART:
                raise ContentRefused(f"{name[:80]!r} belongs into no pack", hint=SHAPE)
            continue
        is_plain = stat.S_ISREG(path.lstat().st_mode)
        yield _Member(name, partial(_open_file, path) if is_plain else None)


def _open_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")


def _in_zip(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            if member.is_dir():
                yield _Member(member.filename)
                continue
            kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where the archive was not made on Unix
            is_plain = kind in (0, stat.S_IFREG)
            yield _Member(member.filename, partial(opened.open, member) if is_plain else None)


def _in_tar(archive: Path) -> Iterator[_Member]:
    with tarfile.open(archive, "r:gz") as opened:
        for member in opened:
            if member.isdir():
                yield _Member(f"{member.name}/")
                continue
            is_plain = member.isreg() and not member.issparse()
            yield _Member(member.name, partial(opened.extractfile, member) if is_plain else None)

"""Downloads of published files: resumable, verified and atomic."""

import errno
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock

from explorer.errors import ExplorerError
from explorer.system.file_checksums import sha256
from explorer.text.corpus_catalog import RemoteFile

Progress = Callable[[int], None]
"""Called with the bytes received so far."""

_CHUNK = 1 << 16  # bytes
_SILENCE = 30.0  # seconds without data after which a connection is lost


def is_intact(path: Path, file: RemoteFile) -> bool:
    """Whether `path` is the published file, byte for byte."""
    try:
        return path.stat().st_size == file.size and sha256(path) == file.sha256
    except FileNotFoundError:
        return False


def find(folder: Path, file: RemoteFile) -> Path | None:
    """The path of a file in a mirror: in its named folder, or directly in `folder`."""
    for path in (folder / file.folder / file.name, folder / file.name):
        if path.is_file():
            return path
    return None


def fetch(file: RemoteFile, target: Path, mirror: Path | None, progress: Progress) -> None:
    """Downloads a file to `target`, or copies it from a mirror.

    A partial download is `target` + ".part" until it is complete and verified: it can be resumed,
    and `target` is never incomplete. Concurrent calls share one download.

    Raises:
        ExplorerError: If there is no network, the mirror lacks the file, the checksum differs, or
            the disk is full or read-only.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Not removed: another process may be waiting for it.
        with FileLock(target.with_name(target.name + ".lock")):
            if not is_intact(target, file):
                _fetch(file, target, mirror, progress)
    except OSError as error:
        raise ExplorerError(_disk_message(error, target)) from None
    progress(file.size)


def _fetch(file: RemoteFile, target: Path, mirror: Path | None, progress: Progress) -> None:
    part = target.with_name(target.name + ".part")
    if mirror is None:
        _download(file, part, progress)
    else:
        _copy(file, part, mirror)
    if not is_intact(part, file):
        part.unlink()
        raise ExplorerError(
            f"{file.name} from {mirror or file.url} is not the published file (its checksum "
            "differs). Try again; if it happens again, the publisher has changed the file: get "
            "it elsewhere and give its folder with --mirror DIR"
        )
    part.replace(target)


def _copy(file: RemoteFile, part: Path, mirror: Path) -> None:
    source = find(mirror, file)
    if source is None:
        raise ExplorerError(
            f"the mirror {mirror} has no {file.folder}/{file.name}: expected the files as "
            f"published at {file.url.rsplit('/', 1)[0]}/"
        )
    shutil.copyfile(source, part)


def _download(file: RemoteFile, part: Path, progress: Progress) -> None:
    have = part.stat().st_size if part.exists() else 0
    if have == file.size:
        return
    if have > file.size:
        part.unlink()
        have = 0
    headers = {"User-Agent": "text-latent-explorer"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(file.url, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=_SILENCE) as answer:
            # A server that ignores Range answers 200 with the whole file.
            if answer.status != 206:
                have = 0
            _receive(answer, part, have, file, progress)
    except urllib.error.HTTPError as error:
        error.close()
        raise ExplorerError(
            f"{file.url} answered {error.code} {error.reason}: try again later, or get the file "
            "elsewhere and give its folder with --mirror DIR"
        ) from None
    except urllib.error.URLError as error:
        raise ExplorerError(
            f"no connection to {urlsplit(file.url).hostname} ({error.reason}): try again when "
            f"online, or copy {file.name} from another machine and give its folder with --mirror "
            "DIR (or EXPLORER_MIRROR)"
        ) from None
    except (http.client.HTTPException, ConnectionError, TimeoutError):
        raise ExplorerError(_cut_message(file)) from None
    if part.stat().st_size < file.size:
        raise ExplorerError(_cut_message(file))


def _receive(
    answer: http.client.HTTPResponse, part: Path, have: int, file: RemoteFile, progress: Progress
) -> None:
    with part.open("ab" if have else "wb") as out:
        # One byte too many shows that it is another file.
        while have <= file.size and (chunk := answer.read(_CHUNK)):
            out.write(chunk)
            have += len(chunk)
            progress(min(have, file.size))


def _cut_message(file: RemoteFile) -> str:
    return (
        f"the connection to {urlsplit(file.url).hostname} was lost while downloading "
        f"{file.name}: run the same command again to resume"
    )


def _disk_message(error: OSError, target: Path) -> str:
    if error.errno == errno.ENOSPC:
        return (
            f"the disk is full: {target.name} does not fit into {target.parent}. Free some space "
            "and run the same command again, or set EXPLORER_HOME to a folder on another disk"
        )
    return f"cannot write {target}: {error.strerror or error} (EXPLORER_HOME chooses the folder)"

"""Downloads of the files that torchvision knows: from its addresses, checked against its checksums.

torchvision's own downloader draws a bar on the terminal, waits without limit and leaves what it had when
it fails, under the final name; this one reports, gives up, and leaves nothing.
"""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from hhstudio.learn.data.access import DataAccess
from hhstudio.learn.data.files import appearing

TIMEOUT = 8.0
"""Seconds without an answer after which a host is given up."""

#: Bytes between two reports.
_BLOCK = 1 << 18


class DownloadError(Exception):
    """File that could not be fetched; the text says why, in a few words."""


def fetch(addresses: Sequence[str], target: Path, md5: str, access: DataAccess) -> None:
    """Fetch a file from the first address that gives it whole.

    The file appears only when it is complete and its MD5 is right.

    Parameters
    ----------
    addresses : sequence of str
    target : Path
    md5 : str
        Hexadecimal.
    access : DataAccess
        Permits it, and is told of progress in bytes.

    Raises
    ------
    DownloadError
        When no address gives it.
    """
    if not access.download:
        raise DownloadError("downloading is off")
    reason = "no address is known"
    for address in addresses:
        try:
            _fetch(address, target, md5, access)
            return
        except DownloadError as error:
            reason = str(error)
    raise DownloadError(f"download failed: {reason}")


def _fetch(address: str, target: Path, md5: str, access: DataAccess) -> None:
    access.report(f"downloading {target.name}", 0, 0)
    with _opened(address) as response, appearing(target) as file:
        digest = hashlib.md5(usedforsecurity=False)
        total, done = response.length or 0, 0
        while block := _read(response):
            file.write(block)
            digest.update(block)
            done += len(block)
            access.report(f"downloading {target.name}", done, total)
        if digest.hexdigest() != md5:
            raise DownloadError("what arrived does not match its checksum")


def _opened(address: str) -> http.client.HTTPResponse:
    request = urllib.request.Request(address, headers={"User-Agent": "hhstudio"})
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(_reason(error)) from None


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_BLOCK)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f"the connection broke off ({_reason(error)})") from None


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the host answered {error.code}"
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, TimeoutError):
        return f"no answer within {TIMEOUT:g} s"
    if isinstance(inner, OSError):
        return f"no network, {inner.strerror or inner}"
    return str(inner)

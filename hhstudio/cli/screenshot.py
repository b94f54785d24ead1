"""``hhstudio screenshot``: pictures of the window and its views, without a screen."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hhstudio.cli.options import a_path, add_data
from hhstudio.core.errors import HHStudioError

if TYPE_CHECKING:
    from hhstudio.gui.screenshots import ScreenshotRequest


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("session", metavar="S.h5", type=a_path, nargs="?")
    add("--out", metavar="DIR", type=a_path, help="folder for the PNGs")
    add("--list", action="store_true", help="say what there are pictures of, and stop")
    add(
        "--only",
        metavar="NAME,…",
        type=lambda text: tuple(filter(None, text.split(","))),
        default=(),
        help="names or patterns from --list, as window,health or 'm*' (default: the window and its panels)",
    )
    add("--theme", choices=("light", "dark", "both"), default="both")
    add(
        "--size",
        metavar="WxH",
        type=_size,
        action="append",
        default=[],
        help="of windows and panels; repeatable (default: 1280x800 and 1920x1080; panels as docked)",
    )
    add("--scale", metavar="N", type=_scale, default=1.0, help="pixels a point, as 2 for a fine screen")
    add("--beside", metavar="T.h5", type=a_path, help="another session, for what shows two (health)")
    add("--sweep", metavar="DIR", type=a_path, help="of a sweep, for the view that compares")
    add_data(parser, ", for panels that need images")


def execute(args: argparse.Namespace) -> int:
    """Take them; the files are printed, what is left out is said on stderr. Raises HHStudioError."""
    from hhstudio.store.session.session import open as open_session

    for session in (args.session, args.beside):
        if session is not None:
            open_session(session).close()  # what cannot be opened is refused before a window is built
    if args.out is None and not args.list:
        raise HHStudioError("screenshot: say where the pictures go, with --out DIR")
    from hhstudio.gui.screenshots import listing, render, screen

    if args.list:
        for name, shows in listing():
            print(f"{name:<18} {shows}")
        return 0
    with screen.pretended(args.scale):
        for file in render(args.out, request_of(args), complain):
            print(file)
    return 0


def request_of(args: argparse.Namespace) -> ScreenshotRequest:
    """What the options ask for."""
    from PySide6.QtCore import QSize

    from hhstudio.gui.screenshots import ScreenshotRequest

    return ScreenshotRequest(
        only=args.only,
        session=args.session,
        beside=args.beside,
        sweep=args.sweep,
        data=args.data,
        allow_unverified=args.allow_unverified,
        sizes=tuple(QSize(*size) for size in args.size),
        theme=args.theme,
    )


def complain(text: str) -> None:
    print(f"hhstudio: {text}", file=sys.stderr)


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and int(width) > 99 and int(height) > 99):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 900x700")
    return min(int(width), 8000), min(int(height), 8000)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0.5 <= scale <= 4:
        raise argparse.ArgumentTypeError(f"{text!r} is no scale from 0.5 to 4")
    return scale

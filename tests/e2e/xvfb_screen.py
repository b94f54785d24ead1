"""A virtual screen of its own, a mouse and keys (xdotool), and what is to be seen on it."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
from PySide6.QtGui import QImage

MISSING = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]


class Screen:
    """Xvfb with its frame buffer in a file, from which pictures are taken."""

    def __init__(self, folder: Path, width: int, height: int) -> None:
        self.size = (width, height)
        self._folder = folder
        read, write = os.pipe()
        self._server = subprocess.Popen(
            [
                "Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24",
                "-fbdir", str(folder), "-nolisten", "tcp", "-noreset",
            ],
            pass_fds=[write],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write)
        with os.fdopen(read) as pipe:
            self.display = f":{int(pipe.readline())}"

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(10)

    def environment(self) -> dict[str, str]:
        return {"DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def do(self, *words: object) -> str:
        """Run xdotool."""
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env={**os.environ, **self.environment()},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout

    def window(self, name: str) -> int:
        """Wait for a window with that in its title; give it the keyboard."""
        windows = self.do("search", "--sync", "--onlyvisible", "--name", name).split()
        self.do("windowfocus", "--sync", windows[-1])
        return int(windows[-1])

    def origin(self, window: int) -> tuple[int, int]:
        lines = self.do("getwindowgeometry", "--shell", window).splitlines()
        geometry = dict(line.split("=") for line in lines)
        return int(geometry["X"]), int(geometry["Y"])

    def click(self, x: int, y: int) -> None:
        self.do("mousemove", "--sync", x, y)
        self.do("click", 1)

    def key(self, keys: str) -> None:
        self.do("key", "--clearmodifiers", keys)

    def picture(self) -> np.ndarray:
        """What is on screen, height x width x 3 (red, green, blue)."""
        raw = (self._folder / "Xvfb_screen0").read_bytes()
        head = np.frombuffer(raw[:100], ">u4")
        start, width, height, line = int(head[0] + 12 * head[19]), int(head[4]), int(head[5]), int(head[12])
        rows = np.frombuffer(raw, np.uint8, line * height, start).reshape(height, line)
        return rows[:, : 4 * width].reshape(height, width, 4)[:, :, 2::-1].copy()

    def settled(self, patience: float = 10.0) -> np.ndarray:
        """A picture in which nothing has moved since the one a fifth of a second before it."""
        last = np.zeros_like(self.picture())
        return until(lambda: self._same_as(last), patience, "the screen does not come to rest")

    def settled_after(self, before: np.ndarray, patience: float = 10.0) -> np.ndarray:
        """The same, once something is other than in a picture before."""
        until(lambda: not np.array_equal(self.picture(), before), patience, "nothing happens on the screen")
        return self.settled(patience)

    def _same_as(self, last: np.ndarray) -> np.ndarray | None:
        now = self.picture()
        same = np.array_equal(now, last)
        last[:] = now
        return now if same else None


def save(picture: np.ndarray, file: Path) -> None:
    picture = np.ascontiguousarray(picture)
    height, width, _ = picture.shape
    assert QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888).save(str(file))


def until(what, patience, failing):
    """Ask five times a second until the answer is true."""
    end = time.monotonic() + patience
    while not (answer := _found(what)):
        assert time.monotonic() < end, failing
        time.sleep(0.2)
    return answer if not isinstance(answer, tuple) else answer[0]


def _found(what):
    answer = what()
    return (answer,) if isinstance(answer, np.ndarray) else answer


def share_of(picture: np.ndarray, color: str, near: int = 12) -> int:
    """How many pixels have that colour, give or take."""
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(picture.astype(int) - wanted).max(axis=-1) <= near).sum())

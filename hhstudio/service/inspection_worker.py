"""The inspection helper: ``python -m hhstudio.service.inspection_worker``, spoken to over its streams.

One helper holds one session; torch is loaded here, not in the window. It answers one question after the
other, at a lower priority than whoever trains, and ends when its parent does.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
import time

from hhstudio.core.errors import HHStudioError
from hhstudio.service.failures import explain
from hhstudio.service.inspection_desk import Desk
from hhstudio.service.inspection_protocol import Ask, Line, ProtocolError, Told
from hhstudio.service.worker import allow_local_modules, claim_standard_streams

NICE = 5
"""By how much the helper gives way to other processes."""


def main() -> int:
    """Answer until the pipe closes. Returns the exit status."""
    line = claim_standard_streams(Line)
    faulthandler.enable(sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the parent's business
    if hasattr(os, "nice"):
        os.nice(NICE)
    allow_local_modules()
    try:
        begin = line.take_begin()
    except ProtocolError as error:
        print(f"hhstudio inspection: {error}", file=sys.stderr)
        return 2
    if begin is None:
        return 0
    asked: queue.SimpleQueue[Ask] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(line, asked), daemon=True).start()
    desk = Desk(begin)
    while True:
        line.put(_answer(desk, asked.get()))


def _answer(desk: Desk, ask: Ask) -> Told:
    began = time.perf_counter()
    try:
        answer = desk.answer(ask.question)
    except HHStudioError as error:
        return Told(number=ask.number, error=" ".join(str(error).split()))
    except Exception as error:
        return Told(number=ask.number, error=explain(error, "")[1])
    return Told(number=ask.number, answer=answer, seconds=time.perf_counter() - began, step=desk.step)


def _listen(line: Line, asked: queue.SimpleQueue[Ask]) -> None:
    """Queue questions; when the parent is gone, end at once, whatever is being computed."""
    try:
        while (ask := line.take_question()) is not None:
            asked.put(ask)
    except (ProtocolError, OSError) as error:
        print(f"hhstudio inspection: {error}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    try:
        code = main()
    except (OSError, ValueError):
        code = 0  # nobody listens any more
    sys.stderr.flush()
    os._exit(code)

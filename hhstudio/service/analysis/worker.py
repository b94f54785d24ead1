"""Analysis helper process: ``python -m hhstudio.service.analysis.worker``, spoken to over its streams.

One helper holds one session; torch is loaded here, not in the window. It works at a lower priority than
whoever trains, and ends when its parent does. There are two lanes, a thread with an answer service each:
what takes long is answered one question after the other in one, everything else meanwhile in the other.
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
from hhstudio.service.analysis.answer_service import AnswerService
from hhstudio.service.analysis.protocol import Channel, ProtocolError, Reply, Request
from hhstudio.service.failures import explain
from hhstudio.service.run.worker import claim_standard_streams

Lane = queue.SimpleQueue[Request]

NICE = 5
"""By how much the helper gives way to other processes."""


def main() -> int:
    """Answer until the pipe closes. Returns the exit status."""
    channel = claim_standard_streams(Channel)
    faulthandler.enable(sys.stderr)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is the parent's business
    if hasattr(os, "nice"):
        os.nice(NICE)
    try:
        begin = channel.take_begin()
    except ProtocolError as error:
        print(f"hhstudio analysis: {error}", file=sys.stderr)
        return 2
    if begin is None:
        return 0
    quick, long = Lane(), Lane()
    threading.Thread(target=_listen, args=(channel, quick, long), daemon=True).start()
    threading.Thread(target=_serve, args=(channel, AnswerService(begin), long), daemon=True).start()
    _serve(channel, AnswerService(begin), quick)
    return 0


def _serve(channel: Channel, service: AnswerService, lane: Lane) -> None:
    """Answer what comes along a lane, until nobody listens any more."""
    try:
        while True:
            channel.put(_answer(service, lane.get()))
    except (OSError, ValueError):
        os._exit(0)


def _answer(service: AnswerService, request: Request) -> Reply:
    began = time.perf_counter()
    try:
        answer = service.answer(request.question)
    except HHStudioError as error:
        return Reply(number=request.number, error=" ".join(str(error).split()))
    except Exception as error:
        return Reply(number=request.number, error=explain(error, "")[1])
    return Reply(number=request.number, answer=answer, seconds=time.perf_counter() - began, step=service.step)


def _listen(channel: Channel, quick: Lane, long: Lane) -> None:
    """Queue questions; when the parent is gone, end at once, whatever is being computed."""
    try:
        while (request := channel.take_request()) is not None:
            (long if request.question.long else quick).put(request)
    except (ProtocolError, OSError) as error:
        print(f"hhstudio analysis: {error}", file=sys.stderr)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    try:
        code = main()
    except (OSError, ValueError):
        code = 0  # nobody listens any more
    sys.stderr.flush()
    os._exit(code)

"""Worker process: ``python -m hhstudio.service.run.worker``, spoken to over its standard streams.

Started fresh, never forked, and without Qt. Whatever libraries print goes to stderr, which the client
keeps for crash reports; stdout carries frames only. The worker ends with its parent: when the command
pipe closes it writes a checkpoint first, so that a killed window leaves a good session.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
from typing import TypeVar

from hhstudio.service.run import protocol
from hhstudio.service.run.event_sender import EventSender
from hhstudio.service.run.protocol import Command, Connection, ProtocolError, Start

_Line = TypeVar("_Line", bound=Connection)

ORPHAN_SECONDS = 120.0
"""How long a worker whose parent is gone may take to write its last checkpoint."""


def main() -> int:
    """Run one session as told by the first message. Returns the exit status."""
    connection = claim_standard_streams(Connection)
    faulthandler.enable(sys.stderr)
    try:
        start = connection.receive_command()
    except ProtocolError as error:
        print(f"hhstudio worker: {error}", file=sys.stderr)
        return 2
    if not isinstance(start, Start) or start.version != protocol.VERSION:
        print("hhstudio worker: started without a message that it understands", file=sys.stderr)
        return 2
    commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
    _stop_on_signals(commands)
    sender = EventSender(connection.send)
    ended = threading.Event()
    listener = threading.Thread(target=_listen, args=(connection, commands, ended), daemon=True)
    listener.start()

    from hhstudio.service.run.session_run import SessionRun

    status = SessionRun(start, commands, sender.put).run()
    ended.set()
    sender.close(status)
    return status


def claim_standard_streams(line: type[_Line]) -> _Line:
    """Keep stdin and stdout for frames; everybody else reads nothing and prints to stderr."""
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 - a descriptor is wanted, not a file
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return line(incoming, outgoing)


def _stop_on_signals(commands: queue.SimpleQueue[Command]) -> None:
    """Asked to end (a scheduler, a shutdown): write a checkpoint first. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(
                getattr(signal, name), lambda *_: commands.put(protocol.Stop(reason="asked to end"))
            )


def _listen(connection: Connection, commands: queue.SimpleQueue[Command], ended: threading.Event) -> None:
    """Queue commands until the pipe closes; then stop the run, and see to it that it ends."""
    reason = "the studio was closed"
    try:
        while (message := connection.receive_command()) is not None:
            if not isinstance(message, Start):
                commands.put(message)
    except (ProtocolError, OSError) as error:
        reason = f"the connection broke: {error}"
    commands.put(protocol.Stop(reason=reason))
    if not ended.wait(ORPHAN_SECONDS):
        os._exit(1)  # hangs in native code: nobody is left to kill it


if __name__ == "__main__":
    code = main()
    # Libraries' threads and exit handlers (CUDA, OpenMP) can hang here, and everything is on disk.
    sys.stderr.flush()
    os._exit(code)

"""Python API of training: ``hhstudio.run``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from pathlib import Path

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.events import Event, Finished
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import spec_named
from hhstudio.core.spec.spec import Spec
from hhstudio.service.run.client import RunClient


def run(
    spec: Spec | str | Path,
    out: str | Path,
    on_event: Callable[[Event], None] | None = None,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    allow_unverified: bool = False,
    allow_imports: Collection[str] = (),
    overwrite: bool = False,
    in_process: bool = True,
) -> Finished:
    """Train a session to its end.

    Parameters
    ----------
    spec : Spec, str or Path
        A spec, a preset's name, a .json file, or a session .h5, which is continued in place.
    out : str or Path
        The session file to write; of a session that is continued, the same file.
    on_event : callable or None
        Called on the calling thread with everything that happens, the weights left out of
        :class:`~hhstudio.core.run.events.Weights`.
    data : str, Path or None
        Folder of the data sets; None: the usual one.
    device : str or None
        cpu, cuda, cuda:0, mps or auto; None: the spec's.
    allow_unverified : bool
        Accept data files that torchvision's checksums do not know.
    allow_imports : collection of str
        Solvers given by import path (``package.module:Class``) that may be imported, which runs their code.
    overwrite : bool
        Replace a session that is there.
    in_process : bool
        Train in a thread of this process rather than in a worker process.

    Returns
    -------
    Finished
        How it ended: ``state``, ``message``. A run that fails while running is returned, with state
        ``failed`` and a message that says what was kept; one that came to its end has a message where
        ``out`` could not be written any more: it says where the session is.

    Raises
    ------
    HHStudioError
        A subclass of it where the run cannot begin.
    KeyboardInterrupt
        At Ctrl-C, after a checkpoint was written.
    """
    chosen, resume = resolve(spec, Path(out))
    client = RunClient(
        chosen,
        Path(out),
        data=None if data is None else Path(data),
        device=device,
        allow_unverified=allow_unverified,
        allow_imports=allow_imports,
        resume=resume,
        overwrite=overwrite,
        in_process=in_process,
    )
    follow(client, on_event or _ignore)
    end = client.finished
    assert end is not None
    if client.status == 2:
        raise HHStudioError(end.message)
    return end


def resolve(spec: Spec | str | Path, out: Path) -> tuple[Spec | None, bool]:
    """The spec that is meant, and whether a session is continued.

    Parameters
    ----------
    spec : Spec, str or Path
        A spec, a preset's name, a .json file, or a session .h5.
    out : Path
        The session file to write.

    Returns
    -------
    spec : Spec or None
        None for a session that is continued.
    resume : bool

    Raises
    ------
    SpecError
        For an unknown preset, a file that cannot be read, or a session to be continued in another file.
    """
    if isinstance(spec, Spec):
        return spec, False
    file = Path(spec)
    if file.suffix == ".h5":
        if file.resolve() != out.resolve():
            raise specs.SpecError(f"{file} is a session, which is continued in place: out must be {file} too")
        return None, True
    return (specs.load(spec) if isinstance(spec, Path) else spec_named(spec)), False


def follow(client: RunClient, on_event: Callable[[Event], None]) -> None:
    """Start a client and hand its events over, on this thread, until it has ended.

    Parameters
    ----------
    client : RunClient
        Not started yet.
    on_event : callable
        Called with each event.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, once the run has stopped with a checkpoint (at a second one: was killed). What else is
        raised as one of its kind gives, as its text, the reason why the run was stopped.
    """
    news = threading.Event()
    client.on_message = news.set
    try:
        client.start()
        _pump(client, news, on_event)
    except KeyboardInterrupt as interrupt:
        try:
            client.stop(str(interrupt) or "interrupted")
            _pump(client, news, on_event)
        except KeyboardInterrupt:
            _end_at_once(client)
        except OSError:  # nobody reads any more what is said: its terminal was closed
            client.wait()
        raise
    except BaseException:
        client.stop("the program that watched the run failed")
        client.wait()
        raise


def _end_at_once(client: RunClient) -> None:
    """Kill a run, and wait while what it left is looked at; whoever insists need not wait for that."""
    try:
        client.kill()
        client.wait(5.0)
    except KeyboardInterrupt:
        client.kill()


def _pump(client: RunClient, news: threading.Event, on_event: Callable[[Event], None]) -> None:
    while client.alive:
        news.wait(0.5)  # with a timeout, so that Ctrl-C is heard on every platform
        news.clear()
        for event in client.drain():
            on_event(event)
    for event in client.drain():
        on_event(event)


def _ignore(event: Event) -> None:
    pass

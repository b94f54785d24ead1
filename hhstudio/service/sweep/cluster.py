"""Dask cluster: a sweep on machines that Dask distributed holds together (extra ``dask``).

A task is one run: on its machine it starts a worker process, as here, and so it can be lost and done
again elsewhere; the session file says how far it had come. Sessions and data lie in folders that all
machines see under the same path. A Dask scheduler runs code of whoever reaches it: an address without a host
is this machine's own, and any other is told to be open unless Dask encrypts it.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from hhstudio.core.errors import HHStudioError
from hhstudio.service.sweep.attempt import carry_out
from hhstudio.service.sweep.engine import Done, Tell
from hhstudio.service.sweep.job import Job, Outcome, Update

LOSSES = 10
"""Machines that may be lost under one run before Dask gives it up."""
ASK = 1.0
"""Seconds between a task's looks at whether the sweep is to stop."""


class ClusterError(HHStudioError):
    """A cluster that cannot be used."""


def full_address(address: str) -> str:
    """What a user means: ``8786`` and ``:8786`` are a scheduler on this machine, by its loopback address."""
    port = re.fullmatch(r":?(\d+)", address)
    return f"tcp://127.0.0.1:{port[1]}" if port else address


def is_open(address: str) -> bool:
    """Whether others than this machine's users may reach a scheduler at that address without a key."""
    protocol, _, rest = full_address(address).rpartition("://")
    host = rest.rpartition(":")[0].strip("[]")
    if protocol in ("tls", "wss", "inproc"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


class DaskCluster:
    """The workers behind a scheduler's address. Raises :class:`ClusterError` where there is none."""

    def __init__(self, address: str, patience: float = 10.0) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise ClusterError(
                "--cluster needs Dask distributed: install the extra with pip install 'hhstudio[dask]'"
            ) from None
        try:
            self._client: Any = Client(full_address(address), timeout=patience, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(
                f"--cluster {address}: no Dask scheduler answers there ({_line(error)})"
            ) from None
        self.slots = sum(self._client.nthreads().values())
        self.title = f"Dask at {address}, {self.slots} slots"
        if is_open(address):
            self.title += "; not encrypted, it runs code of whoever reaches it"
        self._topic = f"hhstudio-sweep-{uuid4().hex}"
        self._futures: list[Any] = []
        self._left = 0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def start(self, jobs: Sequence[Job], tell: Tell, done: Done) -> None:
        from distributed import Variable

        Variable(self._topic, client=self._client).set("run")
        self._client.subscribe_topic(self._topic, lambda event: tell(event[1][0], Update(**event[1][1])))
        self._left = len(jobs)
        if not jobs:
            self._over.set()
        for job in jobs:
            future = self._client.submit(
                _task, job, self._topic, pure=False, retries=LOSSES, key=f"{self._topic}-{job.name}"
            )
            self._futures.append(future)
            future.add_done_callback(lambda ended, name=job.name: self._ended(name, ended, done))

    def wait(self, seconds: float) -> bool:
        over = self._over.wait(seconds)
        if over:
            self._client.close()
        return over

    def stop(self) -> None:
        self._say("stop")

    def kill(self) -> None:
        self._say("kill")

    def _say(self, word: str) -> None:
        from distributed import Variable

        try:
            Variable(self._topic, client=self._client).set(word, timeout=5)
        except (OSError, TimeoutError):
            pass  # the scheduler is gone, and the tasks with it

    def _ended(self, name: str, future: Any, done: Done) -> None:
        try:
            if future.status == "finished":
                outcome = future.result(timeout=30)
            elif future.status == "error":
                outcome = Outcome("failed", f"the cluster gave it up: {_line(future.exception(timeout=30))}")
            else:
                outcome = Outcome("stopped", f"the cluster {future.status} it")
        except Exception as error:
            outcome = Outcome("failed", f"the cluster lost the result: {_line(error)}")
        done(name, outcome)
        with self._lock:
            self._left -= 1
            if not self._left:
                self._over.set()


def _task(job: Job, topic: str) -> Outcome:
    """One run, on a Dask worker. Raises nothing that Dask would have to carry."""
    from distributed import Variable, get_worker

    worker = get_worker()
    orders = Variable(topic, client=worker._get_client())
    word, asked = "run", 0.0

    def order() -> str:
        nonlocal word, asked
        if time.monotonic() - asked >= ASK:
            asked = time.monotonic()
            try:
                word = orders.get(timeout=ASK)
            except (OSError, TimeoutError):
                pass  # a busy scheduler is no order to stop
        return word

    return carry_out(
        job,
        lambda update: worker.log_event(topic, (job.name, vars(update))),
        lambda: order() != "run",
        killing=lambda: word == "kill",
    )


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__

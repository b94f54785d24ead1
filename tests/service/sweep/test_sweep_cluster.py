"""A sweep on Dask distributed, where that is installed."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from msgspec import to_builtins
from small_specs import tiny

from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.service.sweep.cluster import ClusterError, DaskCluster, full_address, is_open
from hhstudio.service.sweep.sweeper import Sweeper
from hhstudio.store.session.session import open as open_session

distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_sweep_on_a_cluster_survives_the_loss_of_a_machine(tmp_path):
    sweep = sweeps.Sweep(name="s", base=to_builtins(tiny(400)), vary={"seed": [0, 1, 2]})
    planned = sweeps.expand(sweep)
    killed = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:

        def report(table):
            if not killed and any(row.step > 400 for row in table.runs):
                killed.append(next(iter(cluster.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        table = Sweeper(sweep, planned, tmp_path, DaskCluster(cluster.scheduler_address)).run(report)
    assert killed
    assert [row.state for row in table.runs] == ["finished"] * 3
    for run in planned:
        with open_session(tmp_path / f"{run.name}.h5") as session:
            assert (session.state, session.history.step) == ("finished", 800)


def test_an_address_without_a_scheduler_is_said_in_a_line():
    with pytest.raises(ClusterError, match="no Dask scheduler answers") as error:
        DaskCluster("tcp://127.0.0.1:9", patience=0.5)
    assert "\n" not in str(error.value)


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"hhstudio\[dask\]"):
        DaskCluster("tcp://127.0.0.1:9")


@pytest.mark.parametrize(
    ("typed", "meant", "open_to_others"),
    [
        ("8786", "tcp://127.0.0.1:8786", False),
        (":8786", "tcp://127.0.0.1:8786", False),
        ("tcp://127.0.0.1:8786", "tcp://127.0.0.1:8786", False),
        ("tcp://[::1]:8786", "tcp://[::1]:8786", False),
        ("localhost:8786", "localhost:8786", False),
        ("tls://cluster.example:8786", "tls://cluster.example:8786", False),
        ("tcp://10.0.0.7:8786", "tcp://10.0.0.7:8786", True),
        ("cluster.example:8786", "cluster.example:8786", True),
        ("tcp://0.0.0.0:8786", "tcp://0.0.0.0:8786", True),
    ],
)
def test_an_address_without_a_host_is_this_machines_own_and_others_are_told_to_be_open(
    typed, meant, open_to_others
):
    assert full_address(typed) == meant
    assert is_open(typed) == open_to_others

"""Absent data: fetched from a host on this machine, or refused with what is expected where."""

from __future__ import annotations

import functools
import hashlib
import http.server
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_files import write_cifar100, write_idx
from torchvision import datasets

from hhstudio.core.errors import DataError
from hhstudio.core.spec.spec import Stream
from hhstudio.learn.data import build_stream
from hhstudio.learn.data.access import DataAccess
from hhstudio.learn.data.download import DownloadError, fetch


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        if self.path.endswith("/cut"):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"too little")
        else:
            super().do_GET()


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some of these tests are about."""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hosts on this machine are asked directly, whatever the tester's network needs."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address of a host on this machine, and the folder that it serves."""
    served = tmp_path / "served"
    served.mkdir()
    handler = functools.partial(_Quiet, directory=str(served))
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", served
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchvision's addresses replaced by one where nobody listens."""
    nobody = "http://127.0.0.1:9/"
    for known in (datasets.MNIST, datasets.FashionMNIST):
        monkeypatch.setattr(known, "mirrors", [nobody])
    for known in (datasets.CIFAR10, datasets.CIFAR100):
        monkeypatch.setattr(known, "url", nobody + known.filename)


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


def everything(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("mnist", "MNIST/raw/{train-images-idx3-ubyte,train-labels-idx1-ubyte,"),
        ("fashion-mnist", "FashionMNIST/raw/{train-images"),
        ("cifar10", "cifar-10-batches-py/{data_batch_1,data_batch_2,"),
        ("cifar100", "cifar-100-python/{train,test}"),
    ],
)
def test_without_a_network_the_message_says_what_is_expected_where(
    tmp_path: Path, dataset: str, expected: str
) -> None:
    root = tmp_path / "data"
    with pytest.raises(DataError) as caught:
        build_stream(Stream(dataset=dataset), 0, root, allow_unverified=False)
    text = str(caught.value)
    assert f"is not in {root}: expected {root}/{expected}" in text
    assert "download failed: no network" in text
    assert "--data DIR" in text
    assert "\n" not in text
    assert not root.exists()


@pytest.mark.usefixtures("unreachable")
def test_what_is_there_is_kept_and_only_what_is_missing_is_named(tmp_path: Path) -> None:
    raw = write_idx(tmp_path)
    (raw / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="not complete") as caught:
        build_stream(Stream(dataset="mnist"), 0, tmp_path, allow_unverified=True)
    assert f"expected {raw}/t10k-labels-idx1-ubyte;" in str(caught.value)
    assert len(everything(tmp_path)) == 3


def test_a_download_arrives_whole_and_is_reported(tmp_path: Path, host: tuple[str, Path]) -> None:
    address, served = host
    (served / "some.bin").write_bytes(bytes(700_000))
    heard: list[tuple[str, int, int]] = []
    access = DataAccess(tmp_path, progress=lambda *told: heard.append(told))
    fetch(
        [address + "absent", address + "some.bin"], tmp_path / "a" / "b.bin", md5(served / "some.bin"), access
    )
    assert (tmp_path / "a" / "b.bin").read_bytes() == bytes(700_000)
    assert heard[-1] == ("downloading b.bin", 700_000, 700_000)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("other", "does not match"), ("cut", "connection|does not match"), ("absent", "404")],
)
def test_a_failed_download_leaves_nothing(
    tmp_path: Path, host: tuple[str, Path], name: str, reason: str
) -> None:
    address, served = host
    (served / "other").write_bytes(b"not what was asked for")
    target = tmp_path / "target" / "x"
    with pytest.raises(DownloadError, match=reason):
        fetch([address + name], target, "0" * 32, DataAccess(tmp_path))
    assert everything(tmp_path / "target") == []


def test_a_download_stopped_by_its_listener_leaves_nothing(tmp_path: Path, host: tuple[str, Path]) -> None:
    address, served = host
    (served / "some.bin").write_bytes(bytes(700_000))

    def stop(what: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(
            [address + "some.bin"],
            tmp_path / "x",
            md5(served / "some.bin"),
            DataAccess(tmp_path, progress=stop),
        )
    assert everything(tmp_path) == [served / "some.bin"]


def test_idx_files_are_fetched_unpacked_and_trusted(
    tmp_path: Path, host: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, served = host
    raw = write_idx(served, "FashionMNIST", packed=True)
    monkeypatch.setattr(datasets.FashionMNIST, "mirrors", [f"{address}FashionMNIST/raw/"])
    monkeypatch.setattr(datasets.FashionMNIST, "resources", [(f.name, md5(f)) for f in raw.iterdir()])
    root = tmp_path / "data"
    stream = build_stream(Stream(dataset="fashion-mnist"), 0, root, allow_unverified=False)
    assert not stream.unverified
    assert stream.tasks[0].train_images == 12
    again = build_stream(Stream(dataset="fashion-mnist"), 0, root, allow_unverified=False, download=False)
    assert again.tasks == stream.tasks


def test_cifar100_is_fetched_unpacked_and_trusted(
    tmp_path: Path, host: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, served = host
    folder = write_cifar100(served, classes=10)
    with tarfile.open(served / "cifar-100-python.tar.gz", "w:gz") as tar:
        tar.add(folder, "cifar-100-python")
        tar.add(__file__, "../outside.py")
    for name, value in (
        ("url", address + "cifar-100-python.tar.gz"),
        ("tgz_md5", md5(served / "cifar-100-python.tar.gz")),
        ("train_list", [["train", md5(folder / "train")]]),
        ("test_list", [["test", md5(folder / "test")]]),
    ):
        monkeypatch.setattr(datasets.CIFAR100, name, value)
    root = tmp_path / "data"
    stream = build_stream(Stream(dataset="cifar100"), 0, root, allow_unverified=False)
    assert not stream.unverified
    assert sorted(path.name for path in everything(root)) == ["cifar-100-python.tar.gz", "test", "train"]
    assert not (tmp_path / "outside.py").exists()


def test_a_wrong_archive_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    (tmp_path / "cifar-100-python.tar.gz").write_bytes(b"not the archive")
    with pytest.raises(DataError, match="eb9058c3a382ffc7106e4002c42a8d85"):
        build_stream(Stream(dataset="cifar100"), 0, tmp_path, allow_unverified=False)
    with pytest.raises(DataError, match="cannot be unpacked"):
        build_stream(Stream(dataset="cifar100"), 0, tmp_path, allow_unverified=True)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path, host: tuple[str, Path]) -> None:
    address, served = host
    (served / "x").write_bytes(b"x")
    (tmp_path / "file").write_text("no folder")
    (served / "train-images-idx3-ubyte.gz").write_bytes(b"x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.MNIST, "mirrors", [address])
        with pytest.raises(DataError, match="file"):
            build_stream(Stream(dataset="mnist"), 0, tmp_path / "file", allow_unverified=False)

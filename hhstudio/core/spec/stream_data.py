"""Data of a stream: the data sets that it uses, and the files that they need."""

from __future__ import annotations

from pathlib import Path

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.datasets import DATASETS, FOLDER, DatasetInfo
from hhstudio.core.spec.image_folder import folder_classes
from hhstudio.core.spec.setting import out_of_range
from hhstudio.core.spec.spec import Stream


def dataset_names(stream: Stream) -> tuple[str, ...]:
    """The data sets that a stream uses, each once, in the order of first use."""
    named = [part.dataset for part in stream.parts] if stream.parts else [stream.dataset]
    return tuple(dict.fromkeys(named))


def dataset_info(name: str, stream: Stream) -> DatasetInfo:
    """What is known of a data set of ``stream``; a folder of images is listed, nothing is opened.

    Raises :class:`SpecError` for an unknown name, :class:`DataError` for a folder without classes.
    """
    if name == FOLDER:
        size = stream.image_size
        for field, message in out_of_range(stream, "stream."):
            if field.name == "stream.image_size":
                raise SpecError(message)
        path = folder_path(stream)
        names = folder_classes(path)
        channels = 1 if stream.image_color == "grey" else 3
        return DatasetInfo(FOLDER, f"Folder {path.name}", (channels, size, size), len(names), (), names)
    if name not in DATASETS:
        raise SpecError(f"there is no data set {name!r}; known: {', '.join((*DATASETS, FOLDER))}")
    return DATASETS[name]


def folder_path(stream: Stream) -> Path:
    """The folder of images of a stream, relative to the working folder unless absolute. Raises
    :class:`SpecError` when the stream names none."""
    if not stream.folder:
        raise SpecError("stream.folder is empty: name the folder of images, one sub-folder a class")
    return Path(stream.folder).expanduser()


def expected_files(stream: Stream, data_root: Path) -> list[tuple[Path, bool]]:
    """The files that a stream needs, and whether each is there (a packed one, as downloaded, counts).

    Looks at names only: the files may still be damaged. Unknown data sets contribute nothing, shipped
    ones neither; a folder of images contributes itself.
    """
    files: list[tuple[Path, bool]] = []
    for name in dataset_names(stream):
        if name == FOLDER and stream.folder:
            path = folder_path(stream)
            files.append((path, path.is_dir()))
        elif name in DATASETS:
            info = DATASETS[name]
            archived = bool(info.archive) and (data_root / info.archive).is_file()
            for file in info.files:
                path = data_root / file
                packed = path.with_name(path.name + ".gz")
                files.append((path, archived or path.is_file() or packed.is_file()))
    return files

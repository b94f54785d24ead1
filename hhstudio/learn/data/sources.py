"""Data sources: a whole data set loaded into memory, by name."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from hhstudio.core.errors import DataError, WriteError
from hhstudio.core.resources import resource
from hhstudio.core.spec.datasets import FOLDER, DatasetInfo
from hhstudio.core.spec.spec import Stream
from hhstudio.core.spec.stream_data import dataset_info
from hhstudio.learn.data.access import DataAccess, LoadedDataset
from hhstudio.learn.data.statistics import channel_statistics, split_indices


def load_source(name: str, stream: Stream, classes: Iterable[int], access: DataAccess) -> LoadedDataset:
    """Data set of that name, read from the data folder, or fetched into it first.

    Parameters
    ----------
    name : str
    stream : Stream
    classes : iterable of int
        Labels that are used; a folder of images is read no further than that.
    access : DataAccess

    Returns
    -------
    LoadedDataset

    Raises
    ------
    DataError
        For data that are missing, damaged, or not verified without consent.
    SpecError
        For an unknown name.
    """
    info = dataset_info(name, stream)
    try:
        if name == "digits":
            return _digits(info)
        if name == FOLDER:
            from hhstudio.learn.data.folder import load_folder

            return load_folder(info, stream, classes, access)
        # torchvision takes a second to import, which the shipped digits need not wait for.
        if name.startswith("cifar"):
            from hhstudio.learn.data.cifar import load_cifar

            return load_cifar(info, access)
        from hhstudio.learn.data.idx import load_idx

        return load_idx(info, access)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise DataError(f"{info.title}: {where}{error.strerror or error}") from None
    except WriteError as error:
        raise DataError(f"{info.title}: {error}") from None
    except MemoryError:
        raise DataError(f"{info.title} does not fit into memory; fewer classes or images may") from None


def _digits(info: DatasetInfo) -> LoadedDataset:
    with np.load(resource("data/digits.npz"), allow_pickle=False) as file:
        raw, labels = file["images"], file["labels"].astype(np.int64)
    # Stored as counts 0 to 16; spread over the full range like every other data set.
    images = ((raw.astype(np.uint16) * 255 + 8) // 16).astype(np.uint8)[:, None]
    train, test = split_indices(labels, 0.2)
    mean, std = channel_statistics(images[train])
    return LoadedDataset(info, images[train], labels[train], images[test], labels[test], mean, std)

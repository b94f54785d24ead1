"""Stored tensors of a tree: each with its name, the group it belongs to, and whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from torch import Tensor

Group = Literal["weights", "anchor", "embedding", "chunk embedding"]
"""What a stored tensor is: weights of a network, base weights of a target, or an input of a generator."""

EMBEDDINGS: frozenset[Group] = frozenset({"embedding", "chunk embedding"})
"""Groups that are inputs of a generator; they have a learning rate of their own."""


class Condition(NamedTuple):
    """One (path, task) pair, which has task embeddings of its own.

    Attributes
    ----------
    solver : str
        Id of the path's solver, which stays the same when the path is renamed.
    task : int
        Index in the stream; negative for conditions that are made up and never learned.
    """

    solver: str
    task: int


Owner = str | Condition
"""Whose a stored tensor is: a node (its weights), a contribution (its key), a condition, or nobody ("": an
anchor, which all targets built alike may share)."""


class Label(NamedTuple):
    """Label of a stored tensor."""

    group: Group
    owner: Owner = ""


class StoredTensors(dict[str, Tensor]):
    """Leaf tensors by name, with a label each.

    The names are those on disk (:func:`root_name` and the others make them); nothing reads a meaning from a
    name: that is what labels are for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._labels: dict[str, Label] = {}

    @classmethod
    def of_weights(cls, tensors: Mapping[str, Tensor], owner: Owner = "") -> StoredTensors:
        """Weights of one network.

        Parameters
        ----------
        tensors : mapping of str to Tensor
        owner : Owner

        Returns
        -------
        StoredTensors
            By the names in ``tensors``.
        """
        stored = cls()
        for name, tensor in tensors.items():
            stored.add(name, tensor, Label("weights", owner))
        return stored

    def add(self, name: str, tensor: Tensor, label: Label) -> None:
        """Store a tensor.

        Parameters
        ----------
        name : str
            A new one.
        tensor : Tensor
            A leaf.
        label : Label
        """
        self[name] = tensor
        self._labels[name] = label

    def remove(self, names: Iterable[str]) -> None:
        """Store these no longer.

        Parameters
        ----------
        names : iterable of str
        """
        for name in list(names):
            del self[name]
            del self._labels[name]

    def label(self, name: str) -> Label:
        """What a stored tensor is, and whose.

        Parameters
        ----------
        name : str

        Returns
        -------
        Label
        """
        return self._labels[name]

    def named(self, *groups: Group) -> list[str]:
        """Names of the tensors of some groups.

        Parameters
        ----------
        *groups : Group

        Returns
        -------
        list of str
            In the order in which they were stored.
        """
        return [name for name, label in self._labels.items() if label.group in groups]

    def owned_by(self, owner: Owner) -> list[str]:
        """Names of an owner's tensors.

        Parameters
        ----------
        owner : Owner

        Returns
        -------
        list of str
            In the order in which they were stored.
        """
        return [name for name, label in self._labels.items() if label.owner == owner]


def root_name(tensor: str) -> str:
    """Name of a tensor of the root.

    Parameters
    ----------
    tensor : str

    Returns
    -------
    str
    """
    return f"root/{tensor}"


def slot_name(contribution: str) -> str:
    """Name of a contribution's slot embedding.

    Parameters
    ----------
    contribution : str

    Returns
    -------
    str
    """
    return f"slot/{contribution}"


def chunk_name(contribution: str) -> str:
    """Name of a contribution's chunk embeddings.

    Parameters
    ----------
    contribution : str

    Returns
    -------
    str
    """
    return f"code/{contribution}"


def task_name(condition: Condition, node: str) -> str:
    """Name of a condition's task embedding for one hypernetwork of its path.

    Parameters
    ----------
    condition : Condition
    node : str

    Returns
    -------
    str
    """
    return f"task/{condition.solver}/{condition.task}/{node}"


def task_chunk_name(condition: Condition) -> str:
    """Name of a condition's own chunk embeddings.

    Parameters
    ----------
    condition : Condition

    Returns
    -------
    str
    """
    return f"task_code/{condition.solver}/{condition.task}"

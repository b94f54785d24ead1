"""The spec: everything that decides a run. Topology, stream, training, consolidation, links.

A spec is immutable, validated on the way in by msgspec, and enough to run a session again. Fields
with fixed names are a contract (resources/guide/settings.md); units stand in the docstrings.
"""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any, Literal

import msgspec

from hhstudio.core.errors import NOT_DECODED, SpecError
from hhstudio.core.spec.versions import VERSION, up_to_date, version_of
from hhstudio.core.tree.topology import AnchorKind, LinkMode, Solver, Topology, differ_in_places_only

CHANGEABLE = ("training.lr", "consolidation.beta")
"""Fields that may change while a run goes on; each change is recorded as an event."""

Options = dict[str, int | float | str | bool | tuple[int, ...]]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts: immutable, keyword-only, unknown fields refused."""


class Part(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One task given explicitly: a data set restricted to some classes."""

    dataset: str
    classes: tuple[int, ...]
    name: str = ""


class Stream(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tasks are learned, and in which order.

    ``kind`` split: task k has the next ``classes_per_task`` classes; permuted: task k has all classes
    with its pixels permuted (task 0 unpermuted). ``order`` path-major: all tasks on the first path,
    then all on the second ...; task-major: each task on every path before the next task.
    ``class_order`` seeded: the seed draws the order of the classes. ``parts``, when given, replaces
    dataset, tasks and classes_per_task. ``train_limit`` and ``test_limit``: images a task at most.
    ``validation``: share of a task's training images held out, 0 to 0.5. ``folder``: a folder of images,
    one sub-folder a class, for dataset ``folder``; ``image_size``: the side they are resized to, pixels.
    ``heads``, in scenario task: one, a solver has as many outputs as a task has classes, and their weights
    are generated for each condition like the others; each, a solver has outputs for every task side by side
    (the published multi-head solver), so that what a solver's anchor keeps includes each task's own outputs.
    """

    dataset: str = "digits"
    folder: str = ""
    image_size: int = 32
    kind: Literal["split", "permuted"] = "split"
    tasks: int = 5
    classes_per_task: int = 2
    order: Literal["path-major", "task-major"] = "path-major"
    class_order: Literal["natural", "seeded"] = "natural"
    scenario: Literal["task", "domain", "class"] = "task"
    heads: Literal["one", "each"] = "one"
    parts: tuple[Part, ...] = ()
    augment: bool = False
    validation: float = 0.0
    train_limit: int | None = None
    test_limit: int | None = None


class EarlyStopping(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ending a task when its validation accuracy rises no more (needs ``stream.validation``).

    ``patience``: evaluations (``evaluation.every`` steps each) without a gain of more than ``min_delta``
    (a share of 1) after which the task ends; 0 never. What is learned is then as it was at the best one.
    """

    patience: int = 0
    min_delta: float = 0.0


class Training(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a task is learned. ``steps`` a task (``epochs`` above 0 replaces it by passes over the data).

    ``mode`` joint: all tasks of a path at once, steps x tasks in all. ``clip``: largest gradient norm,
    0 leaves gradients alone. ``warmup``: steps of linear warm-up at each task's start. ``threads``:
    intra-op threads, 0 chooses one fewer than there are cores.
    """

    mode: Literal["sequential", "joint"] = "sequential"
    steps: int = 300
    epochs: float = 0.0
    batch_size: int = 64
    lr: float = 1e-3
    embedding_lr: float | None = 0.01
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    clip: float = 1.0
    warmup: int = 0
    schedule: Literal["constant", "cosine"] = "constant"
    fresh_optimizer: bool = True
    precision: Literal["float32", "tf32", "bfloat16", "float64"] = "float32"
    threads: int = 0
    early_stopping: EarlyStopping = EarlyStopping()


class Consolidation(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keeping what was generated for earlier conditions (von Oswald et al. 2019, eq. 2).

    ``beta``: weight of the penalty, comparable between sizes because the penalty is a mean. ``level`` solver:
    the end of the chain; root: the root's output only (the original design); all: every generated level.
    ``sample``: earlier conditions a step, 0 takes all of them, None as many as add at most a fifth to a step
    (two to four; :mod:`hhstudio.learn.consolidation.condition_sampling`). ``reduction`` mean: squared change
    in units of each weight's wanted scale, averaged over the weights; sum: plain squared change, summed over
    the weights, as published. ``share``: earlier conditions share beta equally (the published mean over
    conditions); otherwise each weighs beta, so that the hold on the path being learned does not weaken with
    the number of other paths. ``curvature``: weight, in units of beta, of what the change does to the
    solver's predictions, by Kronecker factors of its layers from ``curvature_images`` training images; level
    solver only, 0 none. ``embeddings_on_task_loss_only``: embeddings of earlier tasks stay as they are;
    otherwise they follow the penalty. ``lookahead``: the penalty is taken at the weights after the task
    loss's step. ``reference`` learned: weights are compared with those that each condition had when its task
    ended, which are kept; start: with those at the start of the present task, generated again from one copy
    of what is stored, so that memory does not grow (as published); auto: learned until they are more than 256
    MB and four such copies. The closed form for a stored hypernetwork always compares with the start."""

    beta: float = 1.0
    level: Literal["solver", "root", "all"] = "solver"
    sample: int | None = 4
    reduction: Literal["mean", "sum"] = "mean"
    share: bool = False
    curvature: float = 3.0
    curvature_images: int = 400
    embeddings_on_task_loss_only: bool = False
    lookahead: bool = False
    reference: Literal["auto", "learned", "start"] = "auto"


class Link(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a generator's output becomes weights (resources/guide/glossary.md, Link).

    direct: the output is the weights. anchored: a + alpha * s * u with anchor a, fan-in scale s and
    unit-scale output u. Anchors: seeded (drawn from the seed, not stored, not trained); learned (stored
    for each slot); shared (stored once for all targets that are built alike); parent (the weights of
    the hypernetwork that generates it, which must be built alike: nothing stored). ``alpha`` and
    ``anchor`` hold for hypernetwork targets, ``solver_alpha`` and ``solver_anchor`` for solvers (None:
    the same, shared in place of parent). ``residual``: the solver also receives its ancestors' direct
    contribution.
    """

    mode: LinkMode = "anchored"
    alpha: float = 0.3
    solver_alpha: float | None = None
    anchor: AnchorKind = "parent"
    solver_anchor: AnchorKind | None = None
    residual: bool = False


class HypernetworkDefaults(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What hypernetworks are made of unless a node says otherwise.

    ``chunk``: numbers generated at once. Embedding sizes are numbers a vector. ``task_chunks``: give
    every condition its own chunk embeddings at the level that generates the solver. ``encoding`` of
    the embeddings, put together: plain; norm, scaled to root mean square 1; cos_sin, the
    magnitude-invariant [cos, sin] of embeddings squashed to [0, 1] (Ortiz et al. 2023).
    """

    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["leaky_relu", "relu", "gelu", "tanh"] = "leaky_relu"
    chunk: int = 1024
    task_embedding: int = 16
    slot_embedding: int = 8
    chunk_embedding: int = 16
    task_chunks: bool = True
    layer_norm: bool = False
    encoding: Literal["plain", "norm", "cos_sin"] = "norm"


class SolverDefaults(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The solver of every path unless a node says otherwise.

    ``architecture``: a registered name (``mlp``, ``lenet``, ``zenke``, ``resnet32``, ``small-cnn``) or
    an import path ``package.module:Class`` of a ``torch.nn.Module``. ``options`` are its arguments.
    """

    architecture: str = "small-cnn"
    options: Options = {}


class Evaluation(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When accuracy is measured. ``every`` steps, 0 only at the end of each task; always on all test
    images at task ends. ``limit``: test images a task in between (None: all). ``earlier``: also measure
    the earlier tasks of the same path in between."""

    every: int = 50
    batch_size: int = 512
    limit: int | None = None
    earlier: bool = True


class Recording(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept while a session runs. ``checkpoint_seconds`` between checkpoints (task ends always);
    ``snapshot_every`` steps between snapshots of generated weights, 0 none; ``metrics_every`` steps.
    ``at_task_ends``: snapshots whenever a task is learned, against which later drift is measured: none; own,
    of that task; all, of every task learned so far (many). ``snapshot_budget``: MB that the snapshots every
    so many steps may take, at most; where they would not fit, fewer are taken, evenly
    (:mod:`hhstudio.core.spec.snapshot_policy`); None: no bound."""

    checkpoint_seconds: float = 60.0
    snapshot_every: int = 0
    snapshot_budget: float | None = None
    snapshot_dtype: Literal["float16", "float32"] = "float16"
    at_task_ends: Literal["none", "own", "all"] = "own"
    metrics_every: int = 1


class Growth(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the tree grows by itself, a child with a solver at a time (:mod:`hhstudio.core.spec.growth`).

    ``policy`` every: when a path has learned ``tasks`` tasks; accuracy: when the validation accuracy of a
    task just learned is below ``threshold`` (0 to 1; needs ``stream.validation``). The tasks still to come
    go to the new path, and with ``again`` also the one that fell short. ``below`` path: the child grows
    below the deepest hypernetwork of the path that is full, on paths of ``depth`` hypernetworks at most;
    root: always below the root. ``limit``: times that the policy grows, at most.
    """

    policy: Literal["none", "every", "accuracy"] = "none"
    tasks: int = 2
    threshold: float = 0.9
    again: bool = True
    below: Literal["path", "root"] = "path"
    depth: int = 3
    limit: int = 3


Baseline = Literal["scratch", "fine-tune", "joint"]
"""What a tree is compared with: its solver trained without hypernetworks, with the same steps."""


class Spec(_Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides a run. Round-trips through JSON byte for byte (:func:`encode`, :func:`decode`).

    ``baselines``: trained after the tree, in the same session (:mod:`hhstudio.core.run.baselines`).
    """

    format: Literal["hhstudio-spec"] = "hhstudio-spec"
    version: Literal[2] = 2
    name: str = "untitled"
    notes: str = ""
    seed: int = 0
    device: str = "auto"
    stream: Stream = Stream()
    solver: SolverDefaults = SolverDefaults()
    hypernetwork: HypernetworkDefaults = HypernetworkDefaults()
    link: Link = Link()
    training: Training = Training()
    consolidation: Consolidation = Consolidation()
    evaluation: Evaluation = Evaluation()
    recording: Recording = Recording()
    growth: Growth = Growth()
    baselines: tuple[Baseline, ...] = ()
    topology: Topology = Topology()


def same_but_for_places(one: Spec, other: Spec) -> bool:
    """Whether two specs train the same, and only the drawing differs."""
    if one is other:
        return True
    if any(
        getattr(one, field) is not getattr(other, field)
        for field in Spec.__struct_fields__
        if field not in ("topology", "format", "version", "name", "notes", "seed", "device")
    ):
        return False
    scalars = all(getattr(one, field) == getattr(other, field) for field in ("name", "seed", "device"))
    return scalars and differ_in_places_only(one.topology, other.topology)


def solver_of(spec: Spec, node: Solver) -> tuple[str, Options]:
    """Architecture and options of a solver: its own, and the spec's where it has none. The spec's options
    are arguments of the spec's architecture: a solver of another one does not inherit them."""
    architecture, own = node.architecture or spec.solver.architecture, node.options
    if architecture != spec.solver.architecture:
        return architecture, own or {}
    if own is None:
        return architecture, spec.solver.options
    return architecture, own if node.architecture is not None else {**spec.solver.options, **own}


def encode(spec: Spec) -> bytes:
    """The spec as indented UTF-8 JSON, fields in declared order, with a final newline."""
    return msgspec.json.format(msgspec.json.encode(spec), indent=2) + b"\n"


def decode(data: bytes | str, source: str = "spec") -> Spec:
    """The spec in a JSON text of this version or an older one, which keeps its meaning
    (:mod:`hhstudio.core.spec.versions`). Raises :class:`SpecError` naming ``source`` and the field at
    fault."""
    version = version_of(data)
    if version > VERSION:
        raise SpecError(
            f"{source}: a spec of version {version}, this hhstudio reads versions up to {VERSION}; "
            "use a newer hhstudio"
        )
    try:
        if version == 1:
            return msgspec.convert(up_to_date(msgspec.json.decode(data)), Spec, strict=True)
        return msgspec.json.decode(data, type=Spec)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecError(f"{source}: {_readable(error)}") from None


def load(path: FilePath) -> Spec:
    """The spec in a JSON file. Raises :class:`SpecError`, also when the file cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from None
    return decode(data, str(path))


def with_fields(spec: Spec, fields: dict[str, Any]) -> Spec:
    """A spec with dotted fields replaced, as ``{"training.steps": 200}``; text values are read as JSON
    where they are JSON, so that ``--set`` can pass what was typed. Raises :class:`SpecError`."""
    tree = msgspec.to_builtins(spec)
    for dotted, value in fields.items():
        *parents, last = dotted.split(".")
        here = tree
        for name in parents:
            here = here.get(name) if isinstance(here, dict) else None
            if not isinstance(here, dict):
                raise SpecError(f"--set {dotted}: there is no field {dotted!r} in a spec")
        open_ended = parents[-1:] == ["options"]
        if last not in here and not open_ended:
            known = ", ".join(sorted(here))
            raise SpecError(f"--set {dotted}: there is no field {last!r} here; known: {known}")
        here[last] = _typed(value)
    try:
        return msgspec.convert(tree, Spec, strict=True)
    except msgspec.ValidationError as error:
        raise SpecError(f"settings: {_readable(error)}") from None


def _typed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except NOT_DECODED:
        return value


def _readable(error: Exception) -> str:
    """msgspec says `$.training.steps`; people write training.steps."""
    return str(error).replace("`$.", "`").replace("`$`", "the top level")

"""Spec: everything that decides a run. Topology, stream, training, consolidation, links.

A spec is immutable, checked on the way in by msgspec, and enough to run a session again. Its fields are a
contract: what files and commands call them does not change. To add a setting, add one line here (see
:mod:`hhstudio.core.spec.setting`); forms, validation, ``--set``, sweeps, the JSON schema and the guide's
settings page have it then.
"""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

import msgspec

from hhstudio.core.errors import NOT_DECODED, SpecError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.plain_text import utf8
from hhstudio.core.spec.architectures import ARCHITECTURES, IMPORT_PATH
from hhstudio.core.spec.datasets import DATASETS, FOLDER
from hhstudio.core.spec.setting import fields_of, setting
from hhstudio.core.spec.versions import VERSION, up_to_date, version_of
from hhstudio.core.tree.topology import AnchorKind, LinkMode, Solver, Topology, differ_in_places_only

Options = dict[str, int | float | str | bool | tuple[int, ...]]


# The settings stand like a table: each in one line, or with its words below it.
# fmt: off

class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: immutable, keyword-only, unknown fields refused."""


class Part(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One task given explicitly: a data set restricted to some classes."""

    dataset: Annotated[str, setting("Data set", choices=(*DATASETS, FOLDER))]
    classes: Annotated[tuple[int, ...], setting("Classes", "Numbers of its classes, from 0", at_least=0)]
    name: Annotated[str, setting("Name")] = ""


class Stream(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tasks are learned, and in which order."""

    dataset: Annotated[str, setting(
        "Data set", "What the tasks are made of; folder: images of your own", choices=(*DATASETS, FOLDER),
        shown=False,
    )] = "digits"
    folder: Annotated[str, setting(
        "Folder", "For data set folder: a folder of images, one sub-folder a class", shown=False,
    )] = ""
    image_size: Annotated[int, setting(
        "Image size", "Side to which images of a folder are resized", at_least=4, at_most=1024, unit="pixels",
    )] = 32
    image_color: Annotated[Literal["colour", "grey"], setting(
        "Image colour", "Images of a folder have three channels, or one",
    )] = "colour"
    image_alpha: Annotated[Literal["ignored", "black", "white"], setting(
        "Transparency", "Of images of a folder. ignored: colours count as they are stored, however "
        "transparent; black, white: what stands behind them",
    )] = "ignored"
    image_depth: Annotated[Literal["own", "10-bit", "12-bit", "14-bit", "16-bit"], setting(
        "Bit depth", "What becomes white in images of a folder that have more than 8 bits. own: smallest and "
        "largest value of the training images become black and white; otherwise 0 and the largest number of "
        "so many bits do, as they come from a camera",
    )] = "own"
    kind: Annotated[Literal["split", "permuted"], setting(
        "Kind", "split: the next classes for each task; permuted: all classes, their pixels permuted (those "
        "of task 0 are not)",
    )] = "split"
    tasks: Annotated[int, setting(
        "Tasks", "How many tasks the stream has", at_least=1, at_most=10_000, shown=False,
    )] = 5
    classes_per_task: Annotated[int, setting(
        "Classes a task", "How many classes each task has", at_least=1, at_most=10_000, shown=False,
    )] = 2
    order: Annotated[Literal["path-major", "task-major"], setting(
        "Order", "path-major: all tasks on the first path, then on the next; task-major: each task on every "
        "path before the next task",
    )] = "path-major"
    class_order: Annotated[Literal["natural", "seeded"], setting(
        "Class order", "natural, or seeded: drawn from the seed, and kept in the session",
    )] = "natural"
    scenario: Annotated[Literal["task", "domain", "class"], setting(
        "Scenario", "task: the task is known; domain: one head for all; class: the task is to be found out",
    )] = "task"
    heads: Annotated[Literal["one", "each"], setting(
        "Heads", "In scenario task. one: a solver has as many outputs as a task has classes, generated for "
        "each condition like all its weights; each: outputs of every task side by side (the published "
        "multi-head solver), so that what a solver's anchor keeps includes each task's own outputs",
    )] = "one"
    parts: Annotated[tuple[Part, ...], setting(
        "Tasks one by one", "Tasks of one or several data sets, a line each: cifar10: 0-9, or with a name "
        "animals = cifar100: 0, 4, 14-17. They replace data set, number of tasks and classes a task",
    )] = ()
    augment: Annotated[bool, setting("Augment", "Shift and mirror training images at random")] = False
    validation: Annotated[float, setting(
        "Validation", "Share of each task's training images that is held out, for early stopping and growth",
        at_least=0, at_most=0.5, slider=(0.0, 0.5),
    )] = 0.0
    train_limit: Annotated[int | None, setting(
        "Train limit", "Training images a task at most", at_least=1, unit="images", absent="all",
    )] = None
    test_limit: Annotated[int | None, setting(
        "Test limit", "Test images a task at most", at_least=1, unit="images", absent="all",
    )] = None


class EarlyStopping(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ending a task when its validation accuracy rises no more; it is then as it was at its best."""

    patience: Annotated[int, setting(
        "Stop early after", "Measurements of the validation accuracy without a gain after which a task ends, "
        "as it was at the best one; 0 never. Needs stream.validation and evaluation.every", at_least=0,
        at_most=10**6, unit="times",
    )] = 0
    min_delta: Annotated[float, setting(
        "Least gain", "What counts as a gain of validation accuracy", at_least=0, at_most=1,
    )] = 0.0


class Training(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a task is learned."""

    mode: Annotated[Literal["sequential", "joint"], setting(
        "Mode", "sequential: one task after the other; joint: all tasks of a path at once, with as many "
        "steps in all",
    )] = "sequential"
    steps: Annotated[int, setting(
        "Steps", "Training steps on each task of each path", at_least=1, at_most=10**9, unit="steps a task",
    )] = 300
    epochs: Annotated[float, setting(
        "Epochs", "Passes over each task's images; 0 counts steps instead", at_least=0, at_most=10**6,
        unit="epochs a task",
    )] = 0.0
    batch_size: Annotated[int, setting(
        "Batch size", "Images a step", at_least=1, at_most=10**6, unit="images",
    )] = 64
    lr: Annotated[float, setting(
        "Learning rate", "Learning rate of the weights", above=0, slider=(1e-5, 1e-1), log=True, live=True,
    )] = 1e-3
    embedding_lr: Annotated[float | None, setting(
        "Embedding rate", "Learning rate of the embeddings", above=0, slider=(1e-5, 1e-1), log=True,
        live=True, absent="the same rate",
    )] = 0.01
    optimizer: Annotated[Literal["adam", "adamw", "sgd"], setting(
        "Optimiser", "How gradients become steps",
    )] = "adam"
    betas: Annotated[tuple[float, float], setting(
        "Adam's betas", "Decay of Adam's two running means; the first is the momentum of SGD", at_least=0,
        below=1,
    )] = (0.9, 0.999)
    weight_decay: Annotated[float, setting("Weight decay", "Pull towards zero", at_least=0)] = 0.0
    clip: Annotated[float, setting(
        "Gradient clip", "Largest gradient norm; 0 leaves gradients alone", at_least=0,
    )] = 1.0
    warmup: Annotated[int, setting(
        "Warm-up", "Steps over which the rate rises at the start of each task", at_least=0, unit="steps",
    )] = 0
    schedule: Annotated[Literal["constant", "cosine"], setting(
        "Schedule", "How the rate changes within a task",
    )] = "constant"
    fresh_optimizer: Annotated[bool, setting(
        "Fresh optimiser", "Forget the optimiser's state at each task",
    )] = True
    precision: Annotated[Literal["float32", "tf32", "bfloat16", "float64"], setting(
        "Precision", "Number format of the computation",
    )] = "float32"
    threads: Annotated[int, setting(
        "Threads", "Processor threads; 0 takes one fewer than there are cores", at_least=0, at_most=1024,
    )] = 0
    early_stopping: EarlyStopping = EarlyStopping()


class Consolidation(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keeping what was generated for earlier conditions (von Oswald et al. 2019, eq. 2)."""

    beta: Annotated[float, setting(
        "Strength β", "How strongly earlier tasks are held; 0 keeps nothing. Comparable between sizes, "
        "because the penalty is a mean", at_least=0, slider=(1e-2, 1e3), log=True, live=True,
    )] = 1.0
    level: Annotated[Literal["solver", "root", "all"], setting(
        "Level", "What is held. solver: the solver's weights, the end of the chain; root: the root's output "
        "only (the original design); all: every generated level",
    )] = "solver"
    sample: Annotated[int | None, setting(
        "Sample", "Earlier conditions looked at in a step; 0 takes all of them. Left out: as many as add at "
        "most a fifth to a step", at_least=0, absent="two to four, as it costs",
    )] = 4
    reduction: Annotated[Literal["mean", "sum"], setting(
        "Reduction", "mean: squared change in units of each weight's wanted scale, averaged over the "
        "weights; sum: plain squared change, summed over the weights, as published",
    )] = "mean"
    share: Annotated[bool, setting(
        "Share", "Earlier conditions share beta between them, as published; otherwise each weighs beta, so "
        "that the hold on a path does not weaken with the number of other paths",
    )] = False
    curvature: Annotated[float, setting(
        "Curvature", "Weight, in units of beta, of what a change does to the solver's predictions, by "
        "Kronecker factors of its layers; level solver only. Where beta times this is 1, a nat of an earlier "
        "task's divergence weighs as much as a nat of the present task's loss. 0 treats all weights alike",
        at_least=0,
    )] = 2.0
    curvature_images: Annotated[int, setting(
        "Curvature images", "Training images from which that is estimated", at_least=1, at_most=10**6,
        unit="images",
    )] = 400
    embeddings_on_task_loss_only: Annotated[bool, setting(
        "Hold embeddings", "Embeddings of earlier tasks stay as they are; otherwise they follow the penalty",
    )] = False
    lookahead: Annotated[bool, setting(
        "Lookahead", "Take the penalty at the weights after the task loss's step",
    )] = False
    reference: Annotated[Literal["auto", "learned", "start"], setting(
        "Reference", "What weights are compared with. learned: those that each condition had when its task "
        "ended, which are kept; start: those at the start of the present task, generated again from one "
        "copy, so that memory does not grow (as published); auto: learned until they are more than 256 MB "
        "and four such copies. The closed form for a stored hypernetwork always compares with the start",
    )] = "auto"


class Link(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a generator's output becomes weights.

    An anchored target has the weights a + alpha * s * u: anchor a, fan-in scale s and unit-scale output u.
    """

    mode: Annotated[LinkMode, setting(
        "Mode", "direct: the output is the weights; anchored: it is a change that is added to base weights",
    )] = "anchored"
    alpha: Annotated[float, setting(
        "Scale α", "How large the generated change is against the wanted scale of each weight", at_least=0,
        slider=(0.0, 1.0),
    )] = 0.3
    solver_alpha: Annotated[float | None, setting(
        "Scale α, solvers", "The same where the target is a solver", at_least=0, slider=(0.0, 1.0),
        absent="as for hypernetworks",
    )] = None
    anchor: Annotated[AnchorKind, setting(
        "Anchor", "The base weights. seeded: drawn from the seed, neither stored nor trained; learned: "
        "stored for each slot; shared: stored once for all targets built alike; parent: those of the "
        "hypernetwork that generates it, which must be built alike: nothing is stored",
    )] = "parent"
    solver_anchor: Annotated[AnchorKind | None, setting(
        "Anchor, solvers", "The same where the target is a solver, shared in place of parent",
        absent="as for hypernetworks",
    )] = None
    residual: Annotated[bool, setting(
        "Residual", "The solver also receives its ancestors' direct contribution",
    )] = False


class HypernetworkDefaults(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What hypernetworks are made of unless a node says otherwise."""

    hidden: Annotated[tuple[int, ...], setting(
        "Hidden widths", "Widths of the hidden layers, from the embeddings to the output", at_least=1,
        at_most=10**6,
    )] = (64, 64)
    activation: Annotated[Literal["leaky_relu", "relu", "gelu", "tanh"], setting(
        "Activation", "What stands between the layers",
    )] = "leaky_relu"
    chunk: Annotated[int, setting(
        "Chunk", "Numbers that come out at once: weights are generated piece by piece, and a smaller chunk "
        "makes a smaller hypernetwork that runs more often", at_least=1, at_most=10**9, unit="numbers",
    )] = 1024
    task_embedding: Annotated[int, setting(
        "Task embedding", "Numbers of the learned vector that says which task", at_least=1, at_most=10**6,
        unit="numbers",
    )] = 16
    slot_embedding: Annotated[int, setting(
        "Slot embedding", "Numbers of the learned vector that says which target", at_least=1, at_most=10**6,
        unit="numbers",
    )] = 8
    chunk_embedding: Annotated[int, setting(
        "Chunk embedding", "Numbers of the learned vector that says which piece", at_least=1, at_most=10**6,
        unit="numbers",
    )] = 16
    task_chunks: Annotated[bool, setting(
        "Task chunks", "Give every task chunk embeddings of its own where the solver is generated",
    )] = True
    layer_norm: Annotated[bool, setting(
        "Layer norm", "Normalise inside, which steadies generated hypernetworks",
    )] = False
    encoding: Annotated[Literal["plain", "norm", "cos_sin"], setting(
        "Encoding", "How the embeddings, put together, are scaled before the first layer. norm: to root mean "
        "square 1; cos_sin: the magnitude-invariant cosine and sine of embeddings squashed to 0 to 1 (Ortiz "
        "et al. 2023)",
    )] = "norm"


class SolverDefaults(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The solver of every path unless a node says otherwise."""

    architecture: Annotated[str, setting(
        "Architecture", "The network that works on the images: one of the list, or package.module:Class of a "
        "torch.nn.Module of your own, typed in", choices=tuple(ARCHITECTURES), pattern=IMPORT_PATH,
        example="package.module:Class",
    )] = "small-cnn"
    options: Annotated[Options, setting("Options", "Arguments of the architecture", shown=False)] = {}


class Evaluation(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When accuracy is measured in between; at task ends it always is, on all test images."""

    every: Annotated[int, setting(
        "Measure every", "Steps between measurements of accuracy; 0 only at the end of each task", at_least=0,
        unit="steps",
    )] = 50
    batch_size: Annotated[int, setting(
        "Batch size", "Images at once while measuring", at_least=1, at_most=10**6, unit="images",
    )] = 512
    limit: Annotated[int | None, setting(
        "Limit", "Test images a task in between", at_least=1, unit="images", absent="all",
    )] = None
    earlier: Annotated[bool, setting(
        "Earlier", "Also measure the earlier tasks of the same path in between",
    )] = True


class Recording(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept while a session runs."""

    checkpoint_seconds: Annotated[float, setting(
        "Checkpoint seconds", "Time between checkpoints; at task ends there is always one", above=0,
        unit="seconds",
    )] = 60.0
    snapshot_every: Annotated[int, setting(
        "Snapshot every", "Steps between snapshots of generated weights; 0 none", at_least=0, unit="steps",
    )] = 0
    snapshot_budget: Annotated[float | None, setting(
        "Snapshot budget", "What snapshots every so many steps may take; where it is not enough, fewer are "
        "kept, evenly", above=0, unit="MB", absent="no bound",
    )] = None
    snapshot_dtype: Annotated[Literal["float16", "float32"], setting(
        "Snapshot format", "Number format of snapshots",
    )] = "float16"
    at_task_ends: Annotated[Literal["none", "own", "all"], setting(
        "At task ends", "Snapshots whenever a task is learned, against which later drift is measured: of "
        "none, of that task (own), or of all so far (many)",
    )] = "own"
    metrics_every: Annotated[int, setting(
        "Metrics every", "Steps between recorded losses", at_least=1, unit="steps",
    )] = 1


class Growth(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When the tree grows by itself, a child with a solver at a time. Tasks to come go to the new path."""

    policy: Annotated[Literal["none", "every", "accuracy"], setting(
        "Policy", "When a child grows by itself. none: never; every: after so many tasks; accuracy: when a "
        "task falls short (needs stream.validation)",
    )] = "none"
    tasks: Annotated[int, setting("Tasks", "Tasks after which a path is full (policy every)", at_least=1)] = 2
    threshold: Annotated[float, setting(
        "Threshold", "Validation accuracy below which a path is full (policy accuracy)", at_least=0,
        at_most=1, slider=(0.0, 1.0),
    )] = 0.9
    again: Annotated[bool, setting("Again", "The new path learns the task that fell short, too")] = True
    below: Annotated[Literal["path", "root"], setting(
        "Below", "Below the full path's deepest hypernetwork, or always below the root",
    )] = "path"
    depth: Annotated[int, setting("Depth", "Hypernetworks on a path at most", at_least=2, at_most=12)] = 3
    limit: Annotated[int, setting("Limit", "How often it grows at most", at_least=0, at_most=1000)] = 3


Baseline = Literal["scratch", "fine-tune", "joint"]
"""What a tree is compared with: its solver trained without hypernetworks, with the same steps."""


class Spec(_Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides a run. It round-trips through JSON byte for byte."""

    format: Literal["hhstudio-spec"] = "hhstudio-spec"
    version: Literal[3] = 3
    name: Annotated[str, setting("Name", "What the session will be called")] = "untitled"
    notes: Annotated[str, setting("Notes", "For people")] = ""
    seed: Annotated[int, setting(
        "Seed", "The seed of everything that is drawn at random", at_least=-(2**63), at_most=2**63 - 1,
    )] = 0
    device: Annotated[str, setting(
        "Device", "Where the worker computes. auto: the fastest device that there is; cpu: the processor, "
        "where runs are exactly repeatable; cuda, or cuda:1 for the second: an NVIDIA (or ROCm) graphics "
        "processor; mps: that of a Mac", choices=("auto", "cpu", "cuda", "mps"), pattern=r"cuda:\d{1,3}",
        example="cuda:0",
    )] = "auto"
    stream: Annotated[Stream, setting("Stream of tasks")] = Stream()
    solver: Annotated[SolverDefaults, setting("Solvers, unless they say otherwise")] = SolverDefaults()
    hypernetwork: Annotated[HypernetworkDefaults, setting(
        "Hypernetworks, unless they say otherwise",
    )] = HypernetworkDefaults()
    link: Annotated[Link, setting("Links, unless they say otherwise")] = Link()
    training: Annotated[Training, setting("Training")] = Training()
    consolidation: Annotated[Consolidation, setting("Consolidation")] = Consolidation()
    evaluation: Annotated[Evaluation, setting("Evaluation")] = Evaluation()
    recording: Annotated[Recording, setting("Recording")] = Recording()
    growth: Annotated[Growth, setting("Growth while it learns")] = Growth()
    baselines: Annotated[tuple[Baseline, ...], setting(
        "Compare with", "Trained after the tree, in the same session: its solver without hypernetworks, with "
        "the same steps",
    )] = ()
    topology: Topology = Topology()

# fmt: on


LEFT_OUT = {"stream": ("image_color", "image_alpha", "image_depth")}
"""Fields that came after version 2 and are not written at their defaults, so that specs of before stay what
they were, byte for byte, and older versions read them."""


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
    """The spec as indented UTF-8 JSON, fields in declared order, with a final newline; those of
    :data:`LEFT_OUT` only where they say something."""
    tree = msgspec.to_builtins(spec)
    for section, names in LEFT_OUT.items():
        default = type(getattr(spec, section))()
        for name in names:
            if tree[section][name] == getattr(default, name):
                del tree[section][name]
    return msgspec.json.format(msgspec.json.encode(tree), indent=2) + b"\n"


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
        if 1 <= version < VERSION:
            return msgspec.convert(up_to_date(msgspec.json.decode(data)), Spec, strict=True)
        return msgspec.json.decode(data, type=Spec)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecError(f"{source}: {_readable(error)}") from None


def load(path: FilePath) -> Spec:
    """The spec in a JSON file. Raises :class:`SpecError`, also when the file cannot be read."""
    try:
        data = utf8(read_bytes(path))
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
        for field in fields_of(Spec):
            value = _typed(fields.get(field.name))
            if field.name in fields and (wrong := field.type_problem(value)):
                raise SpecError(f"--set {field.name}: {wrong}, not {value!r}") from None
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

"""From a stream's settings to its tasks, without loading anything."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.spec import Part, Stream
from hhstudio.core.spec.tasks import other_tasks, permutation, plan


def classes(seed: int = 0, **fields: object) -> list[tuple[int, ...]]:
    return [task.classes for task in plan(Stream(**fields), seed)]  # type: ignore[arg-type]


def test_tasks_take_the_classes_in_turn() -> None:
    assert classes(dataset="mnist") == [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9)]


def test_the_seed_draws_the_order_of_the_classes_when_asked() -> None:
    natural = classes(dataset="cifar100", tasks=10, classes_per_task=10)
    drawn = classes(dataset="cifar100", tasks=10, classes_per_task=10, class_order="seeded")
    assert drawn != natural
    assert sorted(c for task in drawn for c in task) == list(range(100))
    assert drawn == classes(dataset="cifar100", tasks=10, classes_per_task=10, class_order="seeded")
    assert drawn[:3] == classes(dataset="cifar100", tasks=3, classes_per_task=10, class_order="seeded")
    assert drawn != classes(1, dataset="cifar100", tasks=10, classes_per_task=10, class_order="seeded")


def test_any_integer_is_a_seed() -> None:
    assert classes(-1, class_order="seeded") != classes(2**70, class_order="seeded")


def test_permuted_tasks_have_all_classes_and_the_first_is_unpermuted() -> None:
    assert classes(kind="permuted", tasks=3) == [tuple(range(10))] * 3
    assert permutation(0, 0, 64) is None


def test_tasks_have_names_that_differ() -> None:
    parts = (Part(dataset="digits", classes=(1, 2)),) * 2 + (Part(dataset="digits", classes=(7, 2, 4)),)
    assert [t.name for t in plan(Stream(parts=parts), 0)] == [
        "digits 1-2",
        "digits 1-2 (2)",
        "digits 7,2,4",
    ]


def test_class_names_are_known_without_the_data() -> None:
    task = plan(Stream(dataset="cifar100", tasks=10, classes_per_task=10), 0)[9]
    assert task.class_names[-1] == "worm"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"dataset": "imagenet"}, "no data set 'imagenet'; known: digits, mnist"),
        ({"tasks": 6}, "at most 5 tasks of 2"),
        ({"tasks": 1, "classes_per_task": 11}, "at most 10 classes in all"),
        ({"tasks": 0}, "stream.tasks is 0"),
        ({"classes_per_task": 0}, "stream.classes_per_task is 0"),
        ({"train_limit": 1}, "stream.train_limit is 1: a task here has 2 classes"),
        ({"test_limit": 0}, "stream.test_limit is 0"),
        ({"validation": 0.6}, "stream.validation is 0.6"),
        ({"validation": float("nan")}, "stream.validation is nan"),
        ({"parts": (Part(dataset="digits", classes=()),)}, "stream.parts[0].classes is empty"),
        ({"parts": (Part(dataset="digits", classes=(10,)),)}, "has classes 0 to 9, not 10"),
        ({"parts": (Part(dataset="digits", classes=(-1,)),)}, "not -1"),
        ({"parts": (Part(dataset="digits", classes=(3, 3)),)}, "class 3 is named twice"),
        (
            {"parts": (Part(dataset="cifar10", classes=(1,)), Part(dataset="mnist", classes=(1,)))},
            "CIFAR-10 (3×32×32) and MNIST (1×28×28)",
        ),
        ({"dataset": "folder", "folder": "x", "image_size": 0}, "stream.image_size is 0"),
    ],
)
def test_impossible_streams_are_refused_with_what_is_possible(fields: dict[str, object], says: str) -> None:
    with pytest.raises(SpecError) as caught:
        classes(**fields)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_planning_needs_no_torch() -> None:
    code = (
        "import sys, hhstudio.core.spec.tasks, hhstudio.core.spec.stream_data as d;"
        "from hhstudio.core.spec.spec import Stream;"
        "from pathlib import Path; hhstudio.core.spec.tasks.plan(Stream(), 0);"
        "d.expected_files(Stream(dataset='mnist'), Path('x')); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_tasks_of_other_data_are_told_from_those_of_a_session() -> None:
    tasks = plan(Stream(), 0)
    assert other_tasks(tasks, plan(Stream(), 5)) == ""
    assert other_tasks(tasks, tasks[:3]) == "there were 5 tasks, and are 3 now"
    other = msgspec.structs.replace(tasks[1], class_names=("two", "3"))
    assert other_tasks(tasks, (tasks[0], other, *tasks[2:])) == "a class of task 1 was '2', and is 'two' now"
    moved = msgspec.structs.replace(tasks[1], classes=(2, 4), name="digits 2,4")
    assert other_tasks(tasks, (tasks[0], moved, *tasks[2:])) == "task 1 was digits 2-3, and is digits 2,4 now"
    remains = tuple(msgspec.structs.replace(task, classes=(), class_names=()) for task in tasks)
    assert other_tasks(remains, tasks) == ""

"""Data for training: streams of tasks, loaded, checked and cut; normalisation and augmentation."""

from hhstudio.learn.data.augment import augment, normalise
from hhstudio.learn.data.stream import TaskData, TaskStream, build_stream

__all__ = ["TaskData", "TaskStream", "augment", "build_stream", "normalise"]

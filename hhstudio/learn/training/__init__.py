"""Training: the trainer's loop, the learner's step, evaluation, checkpoints and the cost of a step."""

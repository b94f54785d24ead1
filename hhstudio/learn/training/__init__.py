"""Training: the trainer's loop, the learner's step, evaluation, checkpoints and what a step costs."""

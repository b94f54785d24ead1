"""A run as told: its events, the history they add up to, series, accuracies and baselines."""

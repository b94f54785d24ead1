"""Records of a run: its events, the history they add up to, series, accuracies and baselines."""

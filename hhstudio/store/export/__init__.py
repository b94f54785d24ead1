"""Export of a session: weights, metrics, figures, a Python script."""

"""Accuracy matrices, a heat map a path, and what each edge contributes."""

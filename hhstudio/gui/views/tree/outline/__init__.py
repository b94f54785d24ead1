"""The outline: the tree as rows, for the keyboard and for screen readers."""

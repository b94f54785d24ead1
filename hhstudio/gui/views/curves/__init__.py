"""Live curves: one panel a path, one curve a task."""

"""Views of what a session's tree generates, answered by a helper process: see :mod:`.asking`."""

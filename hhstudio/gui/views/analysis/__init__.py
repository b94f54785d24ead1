"""Analysis of what a session's tree generates, answered by a helper process."""

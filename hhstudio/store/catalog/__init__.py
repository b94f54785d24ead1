"""The catalog of a folder's sessions: entries, notes, index and file operations."""

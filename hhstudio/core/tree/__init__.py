"""The tree: its topology, edits, annotations, clipboard and layout."""

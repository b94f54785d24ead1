"""Tree of hypernetworks: its topology, edits, annotations, clipboard and layout."""

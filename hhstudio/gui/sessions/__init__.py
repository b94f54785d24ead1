"""The sessions of a folder: listed, found, named, noted on, thrown away and taken back."""

"""Sessions of a folder: listed, searched, named, noted on, thrown away and taken back."""

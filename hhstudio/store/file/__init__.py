"""HDF5 files: the format, checked reading and writing, atomic replacement."""

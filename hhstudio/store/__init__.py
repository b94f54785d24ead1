"""Store: sessions on disk. Keeps and reads one file; only here is h5py imported."""

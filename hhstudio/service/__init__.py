"""Service: runs, sweeps and analysis in processes of their own, and the Python API."""

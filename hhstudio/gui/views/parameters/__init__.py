"""Parameter counts of every path, stored and generated."""

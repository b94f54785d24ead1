"""Core: what a tree, a spec and a run are. Computes nothing, knows no toolkit."""

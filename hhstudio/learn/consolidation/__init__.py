"""Consolidation: the penalty on change of earlier conditions' weights, in its forms."""

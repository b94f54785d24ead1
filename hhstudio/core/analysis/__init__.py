"""Answers about generated weights: records, geometry and statistics."""

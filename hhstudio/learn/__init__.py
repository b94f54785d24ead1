"""Learning: training steps, consolidation, analysis of what was learned, and data."""

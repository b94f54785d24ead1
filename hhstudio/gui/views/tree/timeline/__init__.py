"""The timeline: what grew when, replayed."""

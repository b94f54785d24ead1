"""Sessions side by side: a table of what differs, their curves, settings against accuracy; sweeps."""

"""Recovery of damaged sessions, with a report."""

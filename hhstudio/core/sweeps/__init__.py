"""Sweeps: specs that differ in chosen fields, their names, and the table that compares their sessions."""

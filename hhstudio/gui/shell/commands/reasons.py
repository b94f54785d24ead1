"""Reasons that several actions give."""

RUNNING = "A run is going on: stop it first"

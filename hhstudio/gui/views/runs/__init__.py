"""Runs: the bar, the queue, the dialog before one, the banner when one diverges."""

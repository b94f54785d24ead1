"""Documents as files: pictures that carry them, what was opened lately, what a crash left behind."""

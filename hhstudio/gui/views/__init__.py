"""The views, one folder or module each; no view imports another."""

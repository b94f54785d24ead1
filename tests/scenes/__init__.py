"""Scenes for screenshots: states of the studio, set up by what a user's clicks call.

``PYTHONPATH=tests python -m scenes --list`` names them.
"""

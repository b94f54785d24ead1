"""Widgets that know no hhstudio state: theme, plots, heat maps, dialogs, formatting."""

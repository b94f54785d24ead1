"""State of a window without a widget: workspace, runs, selection, preferences, actions."""

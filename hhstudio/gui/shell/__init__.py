"""Shell: the main window, its docks, panels, menus, keys and files."""

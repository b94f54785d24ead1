"""The shell: the main window, its docks, panels, menus, keys and files."""

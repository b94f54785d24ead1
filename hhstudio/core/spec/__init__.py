"""The spec of a run: settings and tree, validation, costs, presets, and the document that is edited."""

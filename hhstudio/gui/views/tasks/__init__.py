"""The stream as a list: its tasks in order, their classes as pictures, the paths that learn them."""

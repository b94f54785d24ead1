"""The canvas: the tree drawn, edited and, while it trains, alive."""

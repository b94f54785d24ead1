"""Generated filters as pictures: their statistics, differences and history."""

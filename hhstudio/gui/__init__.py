"""Window: shell, views, what views share, forms and widgets. Only here is Qt imported."""

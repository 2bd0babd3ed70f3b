"""The datasets, one module each, which registers them."""

"""Guide panel: the pages of the guide, with contents, search, and links between them."""

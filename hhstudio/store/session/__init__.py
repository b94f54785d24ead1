"""A session: written by one writer, read along by anybody, compacted from its journal."""

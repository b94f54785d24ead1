"""Forms: fields of a spec as editors."""

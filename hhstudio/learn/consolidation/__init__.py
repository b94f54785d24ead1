"""Consolidation: penalties that keep what was generated for earlier conditions."""

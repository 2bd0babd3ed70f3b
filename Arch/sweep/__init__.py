"""Carries out the missing runs of a plan, in this process or by workers."""

"""Traces a network's forward with torch.fx, finds where it can be cut, and compiles the segments between the cuts."""

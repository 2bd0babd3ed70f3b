"""A network's forward as a graph (torch.fx): where it can be cut, and programs for the stretches between cuts."""

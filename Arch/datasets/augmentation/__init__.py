"""Random changes of training images, as pure functions of (seed, epoch, sample)."""

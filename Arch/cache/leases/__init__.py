"""Who makes which run: claims save work, and nothing is safe or unsafe because of one."""

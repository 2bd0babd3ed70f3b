"""Plugins: reads their files, joins them to the rules, runs and checks them."""

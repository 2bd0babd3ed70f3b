"""The rules file (`.cjson`): its keys, their conditions, defaults and types of values."""

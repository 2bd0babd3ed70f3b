"""The rules of identity: reading `.cjson` files, conditions and value types."""

"""The door of keys: who a request comes from, and what its key may do."""

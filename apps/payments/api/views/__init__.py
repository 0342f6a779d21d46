"""The operations of payments, a module for each kind of object."""

"""The operations of customers, a module for each kind of object."""

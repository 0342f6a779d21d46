"""The operations of balances, a module for each kind of object."""

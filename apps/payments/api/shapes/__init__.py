"""The parameters of the operations of payments, a module for each kind of object."""

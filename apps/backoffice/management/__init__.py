"""Commands for operators, beside their admin site."""

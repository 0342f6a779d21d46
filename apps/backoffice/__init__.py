"""The operators' admin site. No models: it shows those of the rooms below, and calls services."""

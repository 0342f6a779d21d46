"""How times are written in pages (FORMAT_MODULE_PATH)."""

"""Importing what ERP systems export: look at a file, map its columns, run, undo."""

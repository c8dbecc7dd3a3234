"""Suppliers: the list, the record, its sites and contacts, and everything that one page shows of one."""

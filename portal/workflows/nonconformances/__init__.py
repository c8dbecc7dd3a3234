"""Nonconformances: recorded by hand or imported, judged, gathered into SCARs."""

"""What was agreed with suppliers that their figures shall be."""

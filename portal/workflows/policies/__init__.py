"""Versions of the rating policy: drafted, checked, back-tested, approved by a second person, in force."""

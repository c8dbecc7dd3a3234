"""The escalation ladder: proposed by rules, decided by a person, left when its criteria are met."""

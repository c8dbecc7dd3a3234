"""What all capabilities share: the organisation, its plants, commodities and parts."""

"""SCARs, answered as 8D: verbs over the models, one module for each phase."""

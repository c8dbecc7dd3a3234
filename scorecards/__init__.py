"""The scorecard engine. It stands alone: the standard library and nothing else."""

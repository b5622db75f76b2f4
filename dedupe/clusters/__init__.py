"""From verified pairs to the clusters of a report."""

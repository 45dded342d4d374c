"""Experiments: from a spec to points, from points to results, on many processes and across crashes."""

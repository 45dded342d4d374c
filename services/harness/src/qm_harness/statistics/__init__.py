"""Statistics that keep a researcher honest: pure functions on arrays, one topic a module, deterministic by seed.

Only numpy and ``scipy.special`` are imported here: every worker of a sweep loads these modules. They are tested
against statsmodels and arch.
"""

"""The harness as a service: experiments, jobs and runs over REST, and the workers that run the jobs.

A job is a folder in the lake, the truth about it; the broker only says that there is one.
"""

"""A copy of every sweep in MLflow: a parent run for the experiment, a child for each of its points.

The truth stays in the lake's results. What is missing in MLflow is added whenever the experiment is run again, and
whatever goes wrong with MLflow is reported once and fails no sweep. MLflow itself is only imported here, in a thread,
and only where tracking is on; never by the processes that work on points.
"""

"""The kernels in plain Python: for tests and for reading.

Guarantees: written from the specification alone, independent of the Cython kernels, slow and obvious.
Nothing that runs in a service may import this package.
"""

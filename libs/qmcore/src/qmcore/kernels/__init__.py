"""The Cython kernels: validated at the door, ``noexcept nogil`` inside; plain twins in ``qmcore.reference``."""

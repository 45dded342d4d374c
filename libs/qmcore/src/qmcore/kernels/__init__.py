"""The Cython kernels: validated at the door, ``noexcept nogil`` inside. Each has a plain twin in ``qmcore.reference``."""

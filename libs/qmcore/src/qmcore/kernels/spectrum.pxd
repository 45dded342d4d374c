"""Signature sheet of the spectrum: force balance per absolute tick over bins."""

cimport cython
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t
from libcpp.vector cimport vector

from qmcore.kernels.physics cimport Force, TickPhysics

cdef enum:
    MAX_FLOW_WINDOWS = 16

# Output of one row.
cdef struct SpectrumRow:
    double composite
    double d1
    double d2
    double d3
    double score
    int8_t code

# A tick whose forces have not yet decayed to nothing, and its ring of composites.
cdef struct Active:
    int32_t state           # index into TickPhysics.states
    int32_t ring            # index of its ring
    int64_t last_nonzero    # newest bin with a composite other than 0
    uint8_t quiet           # decayed below notice since its last impulse

# A served tick: rolled value and differences at last_bin, and its windows of differences.
cdef struct Tracked:
    int64_t tick
    int64_t last_bin
    double rolled
    double[3] d
    double *history         # 3 rings of n_history values of d1, d2, d3
    double *ordered         # the same last values, 3 sorted windows


@cython.final
cdef class Spectrum:
    cdef int n_windows
    cdef int64_t[MAX_FLOW_WINDOWS] windows
    cdef double[MAX_FLOW_WINDOWS] weights
    cdef double[3] score_weights
    cdef double tanh_scale, threshold, floor, negligible, bin_seconds
    cdef int64_t z_window, z_min, ring_size, history_size, n_tracked
    cdef int64_t bin_seq
    cdef vector[double *] rings
    cdef vector[int32_t] free_rings
    cdef vector[Active] active
    cdef vector[int32_t] active_of
    cdef vector[int32_t] loud
    cdef vector[double] exponents
    cdef Tracked *tracked
    cdef double *tracked_memory

    cdef void update(self, TickPhysics physics, int64_t t_ns) noexcept nogil
    cdef void row(self, int32_t state, int64_t tick, SpectrumRow *out) noexcept nogil
    cdef void append(self, Active *entry, const Force *force) noexcept nogil
    cdef void retire(self) noexcept nogil
    cdef void activate(self, int32_t state) noexcept nogil
    cdef double rolled_at(self, const double *ring, int64_t bin_seq) noexcept nogil
    cdef void differences(self, Tracked *entry, const double *ring, int64_t bin_seq, double *d) noexcept nogil
    cdef void step(self, Tracked *entry, const double *ring, int64_t bin_seq) noexcept nogil
    cdef void rebuild(self, Tracked *entry, const double *ring, int64_t bin_seq) noexcept nogil

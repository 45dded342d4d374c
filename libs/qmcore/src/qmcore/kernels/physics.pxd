"""Signature sheet of the two-force physics: exact exponential chains per tick."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp.unordered_map cimport unordered_map
from libcpp.vector cimport vector

from qmcore.kernels.events cimport Effect

cdef enum:
    N_TRAINS = 6            # add, pull, fill, bid depth, ask depth, and one unused for even vectors
    TRAIN_ADD = 0
    TRAIN_PULL = 1
    TRAIN_FILL = 2
    TRAIN_BID = 3
    TRAIN_ASK = 4

# 192 bytes, three cache lines: the chains of one tick, as of its last impulse.
cdef struct TickState:
    int64_t tick
    int64_t t_ns
    int64_t last_event_id
    double[N_TRAINS] v
    double[N_TRAINS] a
    double[N_TRAINS] j
    double[3] mass          # add, pull, fill

# The chain over a quiet time: v' = ev v; a' = ea a + av v; j' = ej j + jv v + ja a; mass' = er mass.
cdef struct Transition:
    double ev
    double ea
    double ej
    double er
    double av
    double jv
    double ja

# Forces of a tick, and a bound on what they can still become without a further impulse.
cdef struct Force:
    double pressure
    double vacuum
    double bound


@cython.final
cdef class TickPhysics:
    cdef double rate_v, rate_a, rate_j, rate_rest
    cdef double gain_v, gain_a, gain_j
    cdef double k_av, k_jv_v, k_jv_a, k_ja
    cdef bint separated
    cdef double c1, c2, c3, c4, c5, c6, c7, largest_c
    cdef int64_t n_slots, base
    cdef int32_t *dense
    cdef unordered_map[int64_t, int32_t] far
    cdef vector[TickState] states
    cdef vector[uint8_t] marked
    cdef vector[int32_t] touched

    cdef int32_t find(self, int64_t tick) noexcept nogil
    cdef int32_t state_of(self, int64_t tick) noexcept nogil
    cdef void place(self, int64_t tick, int32_t index) noexcept nogil
    cdef void recentre(self, int64_t base) noexcept nogil
    cdef void touch(self, int64_t tick, int64_t event_id) noexcept nogil
    cdef void apply(self, const Effect *effect, int64_t t_ns, int64_t event_id) noexcept nogil
    cdef void transition(self, double seconds, Transition *out) noexcept nogil
    cdef void read(self, int32_t index, int64_t t_ns, TickState *out) noexcept nogil
    cdef void force_exponents(self, int32_t index, int64_t t_ns, double *x) noexcept nogil
    cdef void force_from(self, int32_t index, int64_t t_ns, const double *e, Force *out) noexcept nogil
    cdef void forces(self, const TickState *s, double *pressure, double *vacuum) noexcept nogil

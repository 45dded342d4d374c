"""Random draws that are the same on every machine.

xoshiro256++ (Blackman & Vigna 2019) seeded by splitmix64. Only integer arithmetic, `+ - * /` and the exact
`frexp` are used, never a libm function whose last bit depends on the platform, so equal seeds give equal
draws wherever the project's `-ffp-contract=off` holds. Header only: every kernel may cimport it.
"""
from libc.math cimport frexp
from libc.stdint cimport uint32_t, uint64_t


cdef struct Draws:
    uint64_t a
    uint64_t b
    uint64_t c
    uint64_t d


cdef inline uint64_t _rotl(uint64_t x, int k) noexcept nogil:
    return (x << k) | (x >> (64 - k))


cdef inline uint64_t splitmix64(uint64_t* state) noexcept nogil:
    cdef uint64_t z
    state[0] += <uint64_t>0x9E3779B97F4A7C15ULL
    z = state[0]
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9ULL
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EBULL
    return z ^ (z >> 31)


cdef inline void seed_draws(Draws* r, uint64_t seed) noexcept nogil:
    cdef uint64_t state = seed
    r.a = splitmix64(&state)
    r.b = splitmix64(&state)
    r.c = splitmix64(&state)
    r.d = splitmix64(&state)


cdef inline uint64_t draw_u64(Draws* r) noexcept nogil:
    """64 uniform bits."""
    cdef uint64_t out = _rotl(r.a + r.d, 23) + r.a
    cdef uint64_t t = r.b << 17
    r.c ^= r.a
    r.d ^= r.b
    r.b ^= r.c
    r.a ^= r.d
    r.c ^= t
    r.d = _rotl(r.d, 45)
    return out


cdef inline double draw_unit(Draws* r) noexcept nogil:
    """Uniform in [0, 1), a multiple of 2^-53."""
    return <double>(draw_u64(r) >> 11) * (1.0 / 9007199254740992.0)


cdef inline uint32_t draw_below(Draws* r, uint32_t n) noexcept nogil:
    """Uniform integer in [0, n); n >= 1 (bias below n / 2^32)."""
    return <uint32_t>(((draw_u64(r) >> 32) * <uint64_t>n) >> 32)


cdef inline double natural_log(double x) noexcept nogil:
    """ln(x) for x > 0, within 1e-13: the atanh series on a mantissa in [sqrt(1/2), sqrt(2))."""
    cdef int exponent
    cdef double m = frexp(x, &exponent)
    cdef double s, s2
    if m < 0.70710678118654752:
        m *= 2.0
        exponent -= 1
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    return exponent * 0.69314718055994531 + 2.0 * s * (
        1.0 + s2 * (1.0 / 3 + s2 * (1.0 / 5 + s2 * (1.0 / 7 + s2 * (1.0 / 9 + s2 * (
            1.0 / 11 + s2 * (1.0 / 13 + s2 * (1.0 / 15))))))))


cdef inline double draw_exponential(Draws* r) noexcept nogil:
    """Exponential waiting time with mean 1, by inversion."""
    return -natural_log(1.0 - draw_unit(r))

/* Deterministic elementary functions.
 *
 * Only +, -, *, / and bit moves, compiled with -ffp-contract=off: the same bits on every IEEE machine, which
 * libm does not promise. exp: Cody-Waite reduction and a degree-13 Taylor polynomial in Estrin's scheme,
 * error about 2 ulp (2.1 measured) on [-708, 709]; below that exp is 0. */
#ifndef QM_NUMERIC_H
#define QM_NUMERIC_H

#include <stdint.h>
#include <string.h>

/* Vectors of the compiler: two SSE2 or NEON registers, one AVX register, the same bits in all of them. */
typedef double qm_v4 __attribute__((vector_size(32)));
typedef int64_t qm_i4 __attribute__((vector_size(32)));

static inline __attribute__((always_inline)) qm_v4 qm_exp_v4(qm_v4 x) {
    const double LOG2E = 1.4426950408889634074, LN2_HI = 6.93147180369123816490e-01, LN2_LO = 1.90821492927058770002e-10;
    const double SHIFT = 6755399441055744.0; /* 1.5 * 2^52: rounds to an integer and leaves it in the low bits */
    const qm_v4 low_end = {-708.0, -708.0, -708.0, -708.0}, high_end = {709.0, 709.0, 709.0, 709.0};
    qm_v4 y = x < low_end ? low_end : x;
    y = y > high_end ? high_end : y;
    qm_v4 t = y * LOG2E + SHIFT;
    qm_v4 k = t - SHIFT;
    qm_v4 r = (y - k * LN2_HI) - k * LN2_LO;
    qm_v4 r2 = r * r, r4 = r2 * r2, r8 = r4 * r4;
    qm_v4 p01 = 1.0 + r, p23 = 1.0 / 2 + r * (1.0 / 6);
    qm_v4 p45 = 1.0 / 24 + r * (1.0 / 120), p67 = 1.0 / 720 + r * (1.0 / 5040);
    qm_v4 p89 = 1.0 / 40320 + r * (1.0 / 362880), pab = 1.0 / 3628800 + r * (1.0 / 39916800);
    qm_v4 pcd = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
    qm_v4 low = (p01 + r2 * p23) + r4 * (p45 + r2 * p67);
    qm_v4 high = (p89 + r2 * pab) + r4 * pcd;
    qm_v4 p = low + r8 * high;
    qm_v4 scale = (qm_v4)(((qm_i4)t + 1023) << 52);
    qm_v4 e = p * scale;
    return (qm_v4)((qm_i4)e & ~(qm_i4)(x < low_end));
}

/* Four exponentials at once. */
static inline __attribute__((always_inline)) void qm_exp4(const double *x, double *out) {
    qm_v4 v;
    memcpy(&v, x, sizeof v);
    v = qm_exp_v4(v);
    memcpy(out, &v, sizeof v);
}

static inline double qm_exp(double x) {
    qm_v4 v = {x, x, x, x};
    return qm_exp_v4(v)[0];
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define QM_CLONES __attribute__((target_clones("avx2", "default"))) /* without FMA: the same bits, four at a time */
#else
#define QM_CLONES
#endif

/* n exponentials in place, n a multiple of 4. */
static QM_CLONES void qm_exp_many(double *x, int64_t n) {
    for (int64_t i = 0; i < n; i += 4) {
        qm_v4 v;
        memcpy(&v, x + i, sizeof v);
        v = qm_exp_v4(v);
        memcpy(x + i, &v, sizeof v);
    }
}

/* Four hyperbolic tangents at once: a Taylor polynomial near 0, 1 - 2 / (e^2x + 1) beyond. */
static inline void qm_tanh4(const double *x, double *out) {
    qm_v4 v;
    memcpy(&v, x, sizeof v);
    qm_v4 m = v < 0.0 ? -v : v;
    qm_v4 z = m * m;
    qm_v4 near = m * (1.0 + z * (-1.0 / 3 + z * (2.0 / 15 + z * (-17.0 / 315 + z * (62.0 / 2835
        + z * (-1382.0 / 155925 + z * (21844.0 / 6081075)))))));
    qm_v4 doubled = 2.0 * m;
    const qm_v4 enough = {40.0, 40.0, 40.0, 40.0}; /* tanh(20) rounds to 1 */
    doubled = doubled > enough ? enough : doubled;
    qm_v4 beyond = 1.0 - 2.0 / (qm_exp_v4(doubled) + 1.0);
    qm_v4 y = m < 0.1 ? near : beyond;
    y = v < 0.0 ? -y : y;
    memcpy(out, &y, sizeof y);
}

/* First divided difference (e^x - e^y) / (x - y), accurate for close arguments too. */
static inline double qm_exp_dd1(double x, double y) {
    double d = 0.5 * (x - y);
    if (d > 0.5 || d < -0.5) return (qm_exp(x) - qm_exp(y)) / (x - y);
    double z = d * d, sinhc = 1.0 + z * (1.0 / 6 + z * (1.0 / 120 + z * (1.0 / 5040 + z * (1.0 / 362880
        + z * (1.0 / 39916800.0)))));
    return qm_exp(0.5 * (x + y)) * sinhc;
}

/* Second divided difference of e^x at three points. Series of complete homogeneous symmetric polynomials
 * about the mean where all are close (h_n by Newton's recurrence from power sums); else the recursion
 * over the widest pair. */
static inline double qm_exp_dd2(double x, double y, double z) {
    double lo = x < y ? x : y, hi = x < y ? y : x;
    lo = lo < z ? lo : z;
    hi = hi > z ? hi : z;
    double mid = (x + y + z) - lo - hi;
    if (hi - lo > 1.0) return (qm_exp_dd1(hi, mid) - qm_exp_dd1(mid, lo)) / (hi - lo);
    double m = (x + y + z) / 3.0, a = x - m, b = y - m, c = z - m;
    /* e1 = 0 about the mean, so h_n = -e2 h_{n-2} + e3 h_{n-3} */
    double e2 = a * b + a * c + b * c, e3 = a * b * c;
    double h[19], fact = 2.0, sum = 0.0;
    for (int n = 0; n < 19; n++) {
        h[n] = n == 0 ? 1.0 : n == 1 ? 0.0 : -e2 * h[n - 2] + (n >= 3 ? e3 * h[n - 3] : 0.0);
        sum += h[n] / fact;
        fact *= n + 3;
    }
    return qm_exp(m) * sum;
}

#endif

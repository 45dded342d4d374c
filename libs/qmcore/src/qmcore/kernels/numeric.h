/* Deterministic elementary functions.
 *
 * Only +, -, *, / and bit moves, compiled with -ffp-contract=off: the same bits on every IEEE machine, which
 * libm does not promise. exp: Cody-Waite reduction and a degree-13 Taylor polynomial in Estrin's scheme,
 * error < 2 ulp on [-708, 709]; below that exp is 0. */
#ifndef QM_NUMERIC_H
#define QM_NUMERIC_H

#include <stdint.h>
#include <string.h>

static inline double qm_exp(double x) {
    const double LOG2E = 1.4426950408889634074, LN2_HI = 6.93147180369123816490e-01, LN2_LO = 1.90821492927058770002e-10;
    const double SHIFT = 6755399441055744.0; /* 1.5 * 2^52: rounds to an integer and leaves it in the low bits */
    double y = x < -708.0 ? -708.0 : x;
    y = y > 709.0 ? 709.0 : y;
    double t = y * LOG2E + SHIFT;
    double k = t - SHIFT;
    double r = (y - k * LN2_HI) - k * LN2_LO;
    double r2 = r * r, r4 = r2 * r2, r8 = r4 * r4;
    double p01 = 1.0 + r, p23 = 1.0 / 2 + r * (1.0 / 6);
    double p45 = 1.0 / 24 + r * (1.0 / 120), p67 = 1.0 / 720 + r * (1.0 / 5040);
    double p89 = 1.0 / 40320 + r * (1.0 / 362880), pab = 1.0 / 3628800 + r * (1.0 / 39916800);
    double pcd = 1.0 / 479001600 + r * (1.0 / 6227020800.0);
    double low = (p01 + r2 * p23) + r4 * (p45 + r2 * p67);
    double high = (p89 + r2 * pab) + r4 * pcd;
    double p = low + r8 * high;
    uint64_t bits;
    memcpy(&bits, &t, 8);
    bits = (bits + 1023u) << 52;
    double scale;
    memcpy(&scale, &bits, 8);
    double e = p * scale;
    return x < -708.0 ? 0.0 : e;
}

/* Four exponentials at once; the compiler makes vectors of it. */
static inline void qm_exp4(const double *x, double *out) {
    for (int i = 0; i < 4; i++) out[i] = qm_exp(x[i]);
}

static inline double qm_tanh(double x) {
    double m = x < 0 ? -x : x, y;
    if (m < 0.1) {
        double z = m * m;
        y = m * (1.0 + z * (-1.0 / 3 + z * (2.0 / 15 + z * (-17.0 / 315 + z * (62.0 / 2835 + z * (-1382.0 / 155925
            + z * (21844.0 / 6081075)))))));
    } else {
        y = m > 20.0 ? 1.0 : 1.0 - 2.0 / (qm_exp(2.0 * m) + 1.0);
    }
    return x < 0 ? -y : y;
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

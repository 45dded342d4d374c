"""Sorted windows: rolling median and MAD in O(log n) a value, over memory that the caller owns."""

from libc.string cimport memmove

cdef inline Py_ssize_t lower_bound(const double *a, Py_ssize_t n, double x) noexcept nogil:
    """Index of the first element >= x in the sorted a[0:n], without branches that mispredict."""
    cdef const double *base = a
    cdef Py_ssize_t half
    if n == 0:
        return 0
    while n > 1:
        half = n >> 1
        base += half * (base[half - 1] < x)
        n -= half
    return (base - a) + (1 if base[0] < x else 0)

cdef inline void sorted_insert(double *a, Py_ssize_t n, double x) noexcept nogil:
    """Insert x into the sorted a[0:n]; a has room for n + 1."""
    cdef Py_ssize_t i = lower_bound(a, n, x)
    memmove(a + i + 1, a + i, (n - i) * sizeof(double))
    a[i] = x

cdef inline void sorted_replace(double *a, Py_ssize_t n, double old, double new) noexcept nogil:
    """Replace one element equal to old in the sorted a[0:n] by new."""
    cdef Py_ssize_t i = lower_bound(a, n, old)
    cdef Py_ssize_t j
    if new > old:
        j = i + lower_bound(a + i, n - i, new)
        memmove(a + i, a + i + 1, (j - 1 - i) * sizeof(double))
        a[j - 1] = new
    elif new < old:
        j = lower_bound(a, i, new)
        memmove(a + j + 1, a + j, (i - j) * sizeof(double))
        a[j] = new

cdef inline void sorted_replace3(double **a, Py_ssize_t n, const double *old, const double *new) noexcept nogil:
    """``sorted_replace`` in three windows of equal size, all six searches in step: the time of one."""
    cdef const double *base[6]
    cdef double x[6]
    cdef Py_ssize_t size = n
    cdef Py_ssize_t half, i, j
    cdef int k
    for k in range(3):
        base[k] = base[k + 3] = a[k]
        x[k] = old[k]
        x[k + 3] = new[k]
    while size > 1:
        half = size >> 1
        for k in range(6):
            base[k] += half * (base[k][half - 1] < x[k])
        size -= half
    for k in range(3):
        i = (base[k] - a[k]) + (base[k][0] < x[k])
        j = (base[k + 3] - a[k]) + (base[k + 3][0] < x[k + 3])
        if new[k] > old[k]:
            memmove(a[k] + i, a[k] + i + 1, (j - 1 - i) * sizeof(double))
            a[k][j - 1] = new[k]
        elif new[k] < old[k]:
            memmove(a[k] + j + 1, a[k] + j, (i - j) * sizeof(double))
            a[k][j] = new[k]

cdef inline double sorted_median(const double *a, Py_ssize_t n) noexcept nogil:
    """Median of the sorted a[0:n], n > 0; the mean of the middle two where n is even."""
    cdef Py_ssize_t h = n >> 1
    return a[h] if n & 1 else 0.5 * (a[h - 1] + a[h])

cdef inline double mad_at(const double *a, Py_ssize_t n, double m, Py_ssize_t split, Py_ssize_t i) noexcept nogil:
    """The median deviation, where ``i`` of its lower half lie left of ``split``."""
    cdef Py_ssize_t j = ((n + 1) >> 1) - i
    cdef double low = 0.0
    cdef double high = 0.0
    cdef double x
    cdef bint has_left = i < split
    if i > 0:
        low = m - a[split - i]
    if j > 0 and a[split + j - 1] - m > low:
        low = a[split + j - 1] - m
    if n & 1:
        return low
    if has_left:
        high = m - a[split - 1 - i]
    if j < n - split:
        x = a[split + j] - m
        if not has_left or x < high:
            high = x
    return 0.5 * (low + high)

cdef inline double sorted_mad(const double *a, Py_ssize_t n, double m) noexcept nogil:
    """Median of |a - m| for the sorted a[0:n], n > 0, and m inside its range.

    The deviations left of m (read backwards) and right of m are two sorted lists: a binary search over how many of
    the lower half come from the left. With i from the left there are too few where the next left one is smaller
    than the last right one.
    """
    if a[0] == a[n - 1]:
        return 0.0
    cdef Py_ssize_t split = lower_bound(a, n, m)      # a[:split] < m <= a[split:]
    cdef Py_ssize_t take = (n + 1) >> 1
    cdef Py_ssize_t lo = take - (n - split) if take > n - split else 0
    cdef Py_ssize_t hi = split if split < take else take
    cdef Py_ssize_t i
    while lo < hi:
        i = (lo + hi) >> 1
        if m - a[split - 1 - i] < a[split + take - i - 1] - m:
            lo = i + 1
        else:
            hi = i
    return mad_at(a, n, m, split, lo)

cdef inline void sorted_mad3(double **a, Py_ssize_t n, const double *m, double *out) noexcept nogil:
    """``sorted_mad`` of three windows of equal size, the searches in step: the time of one."""
    cdef Py_ssize_t take = (n + 1) >> 1
    cdef Py_ssize_t split[3]
    cdef Py_ssize_t lo[3]
    cdef Py_ssize_t hi[3]
    cdef Py_ssize_t i, width
    cdef bint more
    cdef int k
    width = 0
    for k in range(3):
        # m is the median: the split lies at the middle, or below it where values repeat
        split[k] = lower_bound(a[k], n, m[k])
        lo[k] = take - (n - split[k]) if take > n - split[k] else 0
        hi[k] = split[k] if split[k] < take else take
        width = hi[k] - lo[k] if hi[k] - lo[k] > width else width
    while width > 0:
        width >>= 1
        for k in range(3):
            i = (lo[k] + hi[k]) >> 1
            if lo[k] < hi[k]:
                more = m[k] - a[k][split[k] - 1 - i] < a[k][split[k] + take - i - 1] - m[k]
                lo[k] = i + 1 if more else lo[k]
                hi[k] = hi[k] if more else i
    for k in range(3):
        out[k] = mad_at(a[k], n, m[k], split[k], lo[k]) if a[k][0] != a[k][n - 1] else 0.0

cdef inline double robust_z(double x, double median, double mad) noexcept nogil:
    """(x - median) / (1.4826 MAD); 0 where the scale is below 1e-9."""
    cdef double scale = 1.4826 * mad
    return (x - median) / scale if scale >= 1e-9 else 0.0

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
        base = base + half if base[half - 1] < x else base
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

cdef inline double sorted_median(const double *a, Py_ssize_t n) noexcept nogil:
    """Median of the sorted a[0:n], n > 0; the mean of the middle two where n is even."""
    cdef Py_ssize_t h = n >> 1
    return a[h] if n & 1 else 0.5 * (a[h - 1] + a[h])

cdef inline double sorted_mad(const double *a, Py_ssize_t n, double m) noexcept nogil:
    """Median of |a - m| for the sorted a[0:n] and m inside its range.

    The deviations left of m (read backwards) and right of m are two sorted lists: the median is found by
    a binary search over how many of the smallest come from the left.
    """
    if a[0] == a[n - 1]:
        return 0.0
    cdef Py_ssize_t split = lower_bound(a, n, m)      # a[:split] < m <= a[split:]
    cdef Py_ssize_t n_left = split
    cdef Py_ssize_t n_right = n - split
    cdef Py_ssize_t take = (n + 1) >> 1                # how many deviations are <= the lower middle
    cdef Py_ssize_t lo = take - n_right if take > n_right else 0
    cdef Py_ssize_t hi = n_left if n_left < take else take
    cdef Py_ssize_t i, j
    cdef double low, high, x
    while lo < hi:
        i = (lo + hi) >> 1                             # i from the left, take - i from the right
        # too few from the left where the next left one is smaller than the last right one
        if m - a[split - 1 - i] < a[split + take - i - 1] - m:
            lo = i + 1
        else:
            hi = i
    i = lo
    j = take - i
    low = 0.0
    if i > 0:
        low = m - a[split - i]
    if j > 0 and a[split + j - 1] - m > low:
        low = a[split + j - 1] - m
    if n & 1:
        return low
    if i < n_left and j < n_right:
        x = m - a[split - 1 - i]
        high = a[split + j] - m
        if x < high:
            high = x
    elif i < n_left:
        high = m - a[split - 1 - i]
    else:
        high = a[split + j] - m
    return 0.5 * (low + high)

cdef inline double robust_z(double x, double median, double mad) noexcept nogil:
    """(x - median) / (1.4826 MAD); 0 where the scale is below 1e-9."""
    cdef double scale = 1.4826 * mad
    return (x - median) / scale if scale >= 1e-9 else 0.0

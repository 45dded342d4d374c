"""Signature sheet of the evaluation kernel (see first_passage.pyx)."""

from libc.stdint cimport int8_t, int32_t

cdef packed struct Trade:
    int32_t signal_bin
    int32_t entry_bin
    int32_t exit_bin
    int8_t direction
    int8_t outcome
    double gross_ticks
    double net_ticks


cdef class TouchPath:
    cdef readonly Py_ssize_t n_bins
    cdef readonly object bid_ticks, ask_ticks, mid_ticks
    # prices in ticks by series (bid, ask, mid); NaN without a valid touch
    cdef const double *price[3]
    # highest and lowest price of each block of bins, by series
    cdef double[:, ::1] block_high
    cdef double[:, ::1] block_low
    # nearest bin with a valid touch at or after / at or before a bin; n_bins / -1 where there is none
    cdef int32_t[::1] next_valid
    cdef int32_t[::1] last_valid

    cdef Py_ssize_t first_outside(
        self, int series, Py_ssize_t start, Py_ssize_t stop, double low, double high
    ) noexcept nogil


cdef class FirstPassage:
    cdef readonly TouchPath path
    cdef double tp, sl, fee, slippage
    cdef Py_ssize_t max_hold, latency
    cdef bint at_touch
    # what a signal at each bin leads to, [0] up and [1] down; worked out when first asked for
    cdef object outcomes
    cdef Trade[:, ::1] trades
    # of the last trade worked out, up and down: its entry price, and the bins known to be between its two levels
    cdef double[2] inside_price
    cdef Py_ssize_t[2] inside_first
    cdef Py_ssize_t[2] inside_end

    cdef void resolve(self, TouchPath path, Py_ssize_t bin, int row) noexcept nogil

"""Signature sheet of the framing scan over a DBN stream."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from qmcore.kernels.events cimport MboRecord

# Why a scan stopped; records.pyx names them to Python in the same order.
cdef enum Stop:
    STOP_NEED_MORE      # the next record is not wholly in the buffer
    STOP_AT_MAPPING     # the next record is a SymbolMappingMsg that the caller wants to see
    STOP_SHORT_LENGTH   # the length byte says less than a record header
    STOP_MBO_LENGTH     # an MBO record that is neither 56 bytes nor 64 (with ts_out)
    STOP_NOT_ORDERS     # F_TOB or F_MBP: not order events

cdef struct Scan:
    Py_ssize_t at       # first byte that was not consumed
    Py_ssize_t write    # end of the compacted records
    int64_t matched
    int64_t order_records
    int64_t other_records
    Stop stop

cdef class RecordFilter:
    cdef const uint32_t[::1] ids
    cdef const uint64_t[::1] from_ns
    cdef const uint64_t[::1] to_ns
    cdef bint one_id
    cdef uint32_t only_id
    cdef readonly int64_t matched
    cdef readonly int64_t order_records
    cdef readonly int64_t other_records

    cdef bint wanted_then(self, const MboRecord *record) noexcept nogil
    cdef void keep(self, Scan *scan, uint8_t *data, int64_t skip) noexcept nogil
    cdef Scan scan(self, uint8_t *data, Scan scan, Py_ssize_t end, int64_t skip, bint see_mappings) noexcept nogil

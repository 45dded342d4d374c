"""The framing scan over DBN records: keeps the 56-byte MBO records of one instrument, in place.

Guarantees: records stay in order, each as its 56 bytes (a ts_out tail is cut off, and ``length`` says
so); where every record of the buffer is wanted, no byte moves. Reads only inside the given range.
Called by ``qmcore.dbn`` alone; ``qmcore.reference.framing`` is the same in plain Python.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from qmcore.kernels.events cimport MboRecord

import enum


class StopReason(enum.IntEnum):
    """Why a scan stopped, in the order of the pxd's ``Stop``."""

    NEED_MORE = STOP_NEED_MORE
    AT_MAPPING = STOP_AT_MAPPING
    SHORT_LENGTH = STOP_SHORT_LENGTH
    MBO_LENGTH = STOP_MBO_LENGTH
    NOT_ORDERS = STOP_NOT_ORDERS


cdef enum:
    HEADER_BYTES = 16
    MBO_BYTES = 56
    TS_OUT_BYTES = 8
    RTYPE_MBO = 0xA0
    RTYPE_MAPPING = 0x16
    # Statuses, definitions, imbalances, errors, mappings, system messages, statistics: company of any schema.
    RTYPE_COMPANY_FIRST = 0x12
    RTYPE_COMPANY_LAST = 0x18
    F_TOB_OR_MBP = 64 | 16

cdef extern from *:
    """
    #define QM_UNDEFINED_NS UINT64_MAX
    """
    const uint64_t UNDEFINED_NS "QM_UNDEFINED_NS"


@cython.final
cdef class RecordFilter:
    """Which instrument ids are wanted, and when: id ``ids[i]`` where ``from_ns[i] <= ts_recv < to_ns[i]``.

    Counts what went by: ``matched`` wanted records, ``order_records`` MBO records of any instrument,
    ``other_records`` market data of other schemas.
    """

    def __init__(self, ids, from_ns, to_ns):
        self.want(ids, from_ns, to_ns)

    def want(self, const uint32_t[::1] ids, const uint64_t[::1] from_ns, const uint64_t[::1] to_ns):
        """Replace the wanted intervals: three arrays of one length, u32, u64 ns, u64 ns."""
        if not ids.shape[0] == from_ns.shape[0] == to_ns.shape[0]:
            raise ValueError("ids, from_ns and to_ns must have one length")
        self.ids, self.from_ns, self.to_ns = ids, from_ns, to_ns
        self.one_id = ids.shape[0] == 1 and from_ns[0] == 0 and to_ns[0] == UNDEFINED_NS
        self.only_id = ids[0] if self.one_id else 0

    def compact(self, uint8_t[::1] data, Py_ssize_t start, Py_ssize_t end, Py_ssize_t write, int64_t skip,
                bint see_mappings):
        """Scan whole records of ``data[start:end]`` and move the wanted ones to ``data[write:]``.

        The first ``skip`` wanted records of the stream are counted but not kept. Returns the first byte
        not consumed, the end of the kept records, and the StopReason.
        """
        if not 0 <= write <= start <= end <= data.shape[0]:
            raise ValueError("need 0 <= write <= start <= end <= len(data)")
        cdef Scan scan = Scan(start, write, self.matched, self.order_records, self.other_records, STOP_NEED_MORE)
        if start < end:
            with nogil:
                scan = self.scan(&data[0], scan, end, skip, see_mappings)
        self.matched, self.order_records, self.other_records = scan.matched, scan.order_records, scan.other_records
        return scan.at, scan.write, StopReason(scan.stop)

    cdef bint wanted_then(self, const MboRecord *record) noexcept nogil:
        """Whether one of several intervals takes ``record``."""
        cdef uint64_t time_ns = record.ts_recv if record.ts_recv != UNDEFINED_NS else record.ts_event
        cdef Py_ssize_t i
        for i in range(self.ids.shape[0]):
            # An open end takes the undefined time as well.
            if self.ids[i] == record.instrument_id and self.from_ns[i] <= time_ns and (
                time_ns < self.to_ns[i] or self.to_ns[i] == UNDEFINED_NS
            ):
                return True
        return False

    cdef inline void keep(self, Scan *scan, uint8_t *data, int64_t skip) noexcept nogil:
        """Take the MBO record at ``scan.at``: copy it down, and let the copy stay where it is wanted.

        Without a branch on the instrument, which nothing predicts where several are interleaved.
        """
        cdef const MboRecord *record = <const MboRecord *> (data + scan.at)
        cdef bint hit = record.instrument_id == self.only_id if self.one_id else self.wanted_then(record)
        cdef MboRecord copy
        if scan.write != scan.at or record.length != MBO_BYTES // 4:
            copy = record[0]
            (<MboRecord *> (data + scan.write))[0] = copy
            data[scan.write] = MBO_BYTES // 4
        scan.order_records += 1
        scan.matched += hit
        scan.write += MBO_BYTES * (hit & (scan.matched > skip))

    cdef Scan scan(self, uint8_t *data, Scan scan, Py_ssize_t end, int64_t skip, bint see_mappings) noexcept nogil:
        cdef Py_ssize_t length
        cdef uint8_t rtype
        cdef const uint8_t *record
        scan.stop = STOP_NEED_MORE
        while scan.at < end:
            record = data + scan.at
            length = 4 * <Py_ssize_t> record[0]
            rtype = record[1] if end - scan.at > 1 else 0
            if length < HEADER_BYTES:
                scan.stop = STOP_SHORT_LENGTH
                break
            if scan.at + length > end:
                break
            if rtype == RTYPE_MBO:
                if length != MBO_BYTES and length != MBO_BYTES + TS_OUT_BYTES:
                    scan.stop = STOP_MBO_LENGTH
                    break
                if (<const MboRecord *> record).flags & F_TOB_OR_MBP:
                    scan.stop = STOP_NOT_ORDERS
                    break
                self.keep(&scan, data, skip)
            elif rtype == RTYPE_MAPPING and see_mappings:
                scan.stop = STOP_AT_MAPPING
                break
            elif not RTYPE_COMPANY_FIRST <= rtype <= RTYPE_COMPANY_LAST:
                scan.other_records += 1
            scan.at += length
        return scan

"""The 56-byte MBO record, its flags and actions, and what one record does to a tick."""

from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef packed struct MboRecord:
    uint8_t length
    uint8_t rtype
    uint16_t publisher_id
    uint32_t instrument_id
    uint64_t ts_event
    uint64_t order_id
    int64_t price
    uint32_t size
    uint8_t flags
    uint8_t channel_id
    uint8_t action
    uint8_t side
    uint64_t ts_recv
    int32_t ts_in_delta
    uint32_t sequence

cdef enum:
    F_MAYBE_BAD_BOOK = 4
    F_SNAPSHOT = 32
    F_LAST = 128

cdef enum:
    BID = 0
    ASK = 1

# What a record did at one tick: impulses (>= 0) and signed changes of depth, in contracts or shares.
cdef struct Effect:
    int64_t tick
    double add
    double pull
    double fill
    double d_bid
    double d_ask

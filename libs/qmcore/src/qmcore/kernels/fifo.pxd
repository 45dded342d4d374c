"""Order storage of the market simulator: a slab of orders linked into one first-in-first-out queue per tick.

Both sides share the tick array because the simulator never rests a bid at or above an ask. Nothing here
knows why an order comes or goes. Header only. Indices are slots of the slab; -1 means none.
"""
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t, uint8_t
from libc.stdlib cimport free, malloc, realloc

from qmcore.kernels.draws cimport Draws, draw_unit


cdef struct Order:
    uint64_t id
    int32_t tick          # index into Fifo.levels
    int32_t ahead         # neighbour nearer the head of the queue
    int32_t behind
    uint32_t size         # displayed contracts
    uint32_t hidden       # iceberg reserve in contracts, 0 for a plain order
    uint8_t side          # 0 bid, 1 ask


cdef struct Level:
    int32_t head
    int32_t tail
    int32_t count
    int64_t quantity


cdef struct Fifo:
    Order* orders
    int32_t capacity
    int32_t free_head     # free slots chained through `behind`
    Level* levels
    int32_t n_levels
    int32_t live[2]       # orders by side


cdef inline void _chain_free(Fifo* f, int32_t first, int32_t end) noexcept nogil:
    cdef int32_t i
    for i in range(first, end):
        f.orders[i].behind = i + 1 if i + 1 < end else f.free_head
    f.free_head = first


cdef inline bint fifo_open(Fifo* f, int32_t capacity, int32_t n_levels) noexcept nogil:
    """Allocate; false when memory is short (then close it)."""
    cdef int32_t i
    f.orders = <Order*>malloc(capacity * sizeof(Order))
    f.levels = <Level*>malloc(n_levels * sizeof(Level))
    if f.orders == NULL or f.levels == NULL:
        return False
    f.capacity = capacity
    f.n_levels = n_levels
    f.free_head = -1
    f.live[0] = 0
    f.live[1] = 0
    _chain_free(f, 0, capacity)
    for i in range(n_levels):
        f.levels[i].head = -1
        f.levels[i].tail = -1
        f.levels[i].count = 0
        f.levels[i].quantity = 0
    return True


cdef inline void fifo_close(Fifo* f) noexcept nogil:
    free(f.orders)
    free(f.levels)
    f.orders = NULL
    f.levels = NULL


cdef inline bint fifo_reserve(Fifo* f, int32_t spare) noexcept nogil:
    """Make room for `spare` more orders; false when memory is short (nothing changed)."""
    cdef int32_t old = f.capacity
    cdef Order* grown
    if old - f.live[0] - f.live[1] >= spare:
        return True
    grown = <Order*>realloc(f.orders, (2 * <size_t>old + spare) * sizeof(Order))
    if grown == NULL:
        return False
    f.orders = grown
    f.capacity = 2 * old + spare
    _chain_free(f, old, f.capacity)
    return True


cdef inline int32_t fifo_push(Fifo* f, uint8_t side, int32_t tick, uint32_t size, uint64_t id) noexcept nogil:
    """A new order at the back of its tick's queue; the caller has reserved room. Returns its slot."""
    cdef int32_t slot = f.free_head
    cdef Order* o = &f.orders[slot]
    cdef Level* level = &f.levels[tick]
    f.free_head = o.behind
    o.id = id
    o.tick = tick
    o.size = size
    o.hidden = 0
    o.side = side
    o.ahead = level.tail
    o.behind = -1
    if level.tail >= 0:
        f.orders[level.tail].behind = slot
    else:
        level.head = slot
    level.tail = slot
    level.count += 1
    level.quantity += size
    f.live[side] += 1
    return slot


cdef inline void fifo_drop(Fifo* f, int32_t slot) noexcept nogil:
    """Take an order out of its queue and free its slot (its fields stay readable until the next push)."""
    cdef Order* o = &f.orders[slot]
    cdef Level* level = &f.levels[o.tick]
    if o.ahead >= 0:
        f.orders[o.ahead].behind = o.behind
    else:
        level.head = o.behind
    if o.behind >= 0:
        f.orders[o.behind].ahead = o.ahead
    else:
        level.tail = o.ahead
    level.count -= 1
    level.quantity -= o.size
    f.live[o.side] -= 1
    o.behind = f.free_head
    f.free_head = slot


cdef inline void fifo_shrink(Fifo* f, int32_t slot, uint32_t size) noexcept nogil:
    """Reduce an order to `size` (> 0) in its place."""
    f.levels[f.orders[slot].tick].quantity -= f.orders[slot].size - size
    f.orders[slot].size = size


cdef inline int32_t fifo_pick(Fifo* f, int32_t tick, Draws* r) noexcept nogil:
    """A random order of a non-empty tick, young ones likelier: most cancels hit orders that just came."""
    cdef double u = draw_unit(r)
    cdef int32_t steps = <int32_t>(u * u * f.levels[tick].count)
    cdef int32_t slot = f.levels[tick].tail
    while steps > 0 and f.orders[slot].ahead >= 0:
        slot = f.orders[slot].ahead
        steps -= 1
    return slot

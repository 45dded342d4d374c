"""Live orders in a flat hash table: linear probing, backward-shift deletion, at most half full.

Header only, so that the book's hot path inlines it.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport abort, calloc, free
from libc.string cimport memset

# 32 bytes: two orders a cache line. size > 0 marks a used slot.
cdef struct Order:
    uint64_t order_id
    int64_t place           # 2 * tick + side
    int64_t priority        # event_id that gave the order its place in the queue
    uint32_t size
    uint32_t pending        # filled quantity that no cancel or modify has settled yet

cdef struct OrderTable:
    Order *slots
    uint64_t mask           # slots - 1, a power of two
    int shift               # 64 - log2(slots)
    int64_t n_orders

cdef extern from *:
    """
    static inline void qm_prefetch(const void *address) { __builtin_prefetch(address, 1); }
    """
    void qm_prefetch(const void *address) noexcept nogil

cdef inline bint orders_init(OrderTable *table) noexcept nogil:
    """An empty table; false where there is no memory."""
    table.mask = (1 << 12) - 1
    table.shift = 64 - 12
    table.n_orders = 0
    table.slots = <Order *>calloc(table.mask + 1, sizeof(Order))
    return table.slots != NULL

cdef inline uint64_t orders_home(const OrderTable *table, uint64_t order_id) noexcept nogil:
    return (order_id * <uint64_t>0x9E3779B97F4A7C15) >> table.shift

cdef inline void orders_expect(const OrderTable *table, uint64_t order_id) noexcept nogil:
    """Bring the slot of an order that will be wanted soon into the cache."""
    qm_prefetch(&table.slots[orders_home(table, order_id)])

cdef inline Order *orders_find(const OrderTable *table, uint64_t order_id) noexcept nogil:
    """The order, NULL where it is not live."""
    cdef uint64_t i = orders_home(table, order_id)
    while table.slots[i].size != 0:
        if table.slots[i].order_id == order_id:
            return &table.slots[i]
        i = (i + 1) & table.mask
    return NULL

cdef inline Order *orders_free_slot(OrderTable *table, uint64_t order_id) noexcept nogil:
    cdef uint64_t i = orders_home(table, order_id)
    while table.slots[i].size != 0:
        i = (i + 1) & table.mask
    return &table.slots[i]

cdef inline void orders_grow(OrderTable *table) noexcept nogil:
    cdef Order *old = table.slots
    cdef uint64_t n = table.mask + 1
    cdef uint64_t i
    table.mask = 2 * n - 1
    table.shift -= 1
    table.slots = <Order *>calloc(2 * n, sizeof(Order))
    if table.slots == NULL:
        abort()
    for i in range(n):
        if old[i].size != 0:
            orders_free_slot(table, old[i].order_id)[0] = old[i]
    free(old)

cdef inline void orders_insert(OrderTable *table, const Order *order) noexcept nogil:
    """Add an order whose id is not live; its size is not 0."""
    if <uint64_t>(2 * (table.n_orders + 1)) > table.mask:
        orders_grow(table)
    orders_free_slot(table, order.order_id)[0] = order[0]
    table.n_orders += 1

cdef inline void orders_remove(OrderTable *table, Order *order) noexcept nogil:
    """Remove a live order; pointers to others become invalid."""
    cdef uint64_t hole = order - table.slots
    cdef uint64_t i = hole
    while True:
        i = (i + 1) & table.mask
        if table.slots[i].size == 0:
            break
        if ((i - orders_home(table, table.slots[i].order_id)) & table.mask) >= ((i - hole) & table.mask):
            table.slots[hole] = table.slots[i]
            hole = i
    table.slots[hole].size = 0
    table.n_orders -= 1

cdef inline void orders_clear(OrderTable *table) noexcept nogil:
    """Remove every order."""
    memset(table.slots, 0, (table.mask + 1) * sizeof(Order))
    table.n_orders = 0

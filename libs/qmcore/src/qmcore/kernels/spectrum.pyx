"""The spectrum: rolled force balance per absolute tick, its differences, and the flow score (SPEC section 4).

Every bin each active tick (one whose forces have not decayed to nothing) appends its composite to a ring.
All the rest is a pure function of the last ``z_window + longest flow window + 3`` composites and is worked out
only for ticks that are served: step by step while a tick stays in the rows, from the ring when it comes back.
Both ways do the same operations in the same order, so they give the same bits, and a checkpoint needs only the
rings. A tick without a ring has had no composite but 0 for that long: its row is 0.
Plain twin: ``qmcore.reference.spectrum``.
"""

cimport cython
from libc.math cimport fabs
from libc.stdlib cimport abort, calloc, free, malloc
from libc.string cimport memcpy, memset
from libcpp.algorithm cimport sort

import numpy as np

from qmcore.kernels.numeric cimport qm_exp_many, qm_tanh4
from qmcore.kernels.physics cimport Force, TickPhysics
from qmcore.kernels.rolling cimport robust_z, sorted_insert, sorted_mad3, sorted_median, sorted_replace3

# Stepping a served tick through more missed bins than this costs more than rebuilding it from its ring.
cdef int64_t MAX_CATCH_UP = 24


cdef int64_t power_of_two(int64_t at_least):
    cdef int64_t n = 16
    while n < at_least:
        n *= 2
    return n


@cython.final
cdef class Spectrum:
    """``config``: FlowConfig and PhysicsConfig fields; ``rows``: rows of a grid; ``bin_seconds``: width of a bin."""

    def __cinit__(self, config not None, int64_t rows, double bin_seconds):
        cdef int i
        cdef double total = sum(config.flow_rollup_weights)
        pairs = sorted(zip(config.flow_windows, config.flow_rollup_weights))
        self.n_windows = len(pairs)
        for i in range(self.n_windows):
            self.windows[i] = pairs[i][0]
            self.weights[i] = pairs[i][1] / total
        total = sum(config.flow_derivative_weights)
        for i in range(3):
            self.score_weights[i] = config.flow_derivative_weights[i] / total
        self.tanh_scale = config.flow_tanh_scale
        self.threshold = config.flow_neutral_threshold
        self.floor = config.flow_composite_floor
        # Forces this small make a composite below 1e-16: nothing, also after three differences per second.
        self.negligible = 1e-16 * self.floor
        self.bin_seconds = bin_seconds
        self.z_window = config.flow_zscore_window_bins
        self.z_min = config.flow_zscore_min_periods
        self.ring_size = power_of_two(self.z_window + self.windows[self.n_windows - 1] + 4)
        self.history_size = power_of_two(self.z_window)
        self.n_tracked = power_of_two(2 * rows)
        self.bin_seq = -1
        cdef int64_t per_entry = 3 * (self.history_size + self.z_window)
        self.tracked = <Tracked *>calloc(self.n_tracked, sizeof(Tracked))
        self.tracked_memory = <double *>malloc(self.n_tracked * per_entry * sizeof(double))
        if self.tracked == NULL or self.tracked_memory == NULL:
            raise MemoryError
        for i in range(self.n_tracked):
            self.tracked[i].history = self.tracked_memory + i * per_entry
            self.tracked[i].ordered = self.tracked[i].history + 3 * self.history_size
            self.tracked[i].last_bin = -1

    def __dealloc__(self):
        cdef size_t i
        for i in range(self.rings.size()):
            free(self.rings[i])
        free(self.tracked)
        free(self.tracked_memory)

    # --- composites of active ticks ---

    cdef void activate(self, int32_t state) noexcept nogil:
        """Give the tick a ring of zeros, unless it has one."""
        cdef Active fresh
        cdef double *memory
        if <size_t>state >= self.active_of.size():
            self.active_of.resize(2 * state + 64, -1)
        if self.active_of[state] >= 0:
            self.active[self.active_of[state]].quiet = 0
            return
        if self.free_rings.empty():
            memory = <double *>malloc(self.ring_size * sizeof(double))
            if memory == NULL:
                abort()
            self.free_rings.push_back(<int32_t>self.rings.size())
            self.rings.push_back(memory)
        fresh.state = state
        fresh.ring = self.free_rings.back()
        self.free_rings.pop_back()
        fresh.last_nonzero = self.bin_seq
        fresh.quiet = 0
        memset(self.rings[fresh.ring], 0, self.ring_size * sizeof(double))
        self.active_of[state] = <int32_t>self.active.size()
        self.active.push_back(fresh)

    cdef void update(self, TickPhysics physics, int64_t t_ns) noexcept nogil:
        """Close the next bin at ``t_ns``: one composite for each active tick."""
        cdef Force force
        cdef int64_t slot
        cdef size_t i
        self.bin_seq += 1
        slot = self.bin_seq & (self.ring_size - 1)
        for i in range(physics.touched.size()):
            physics.marked[physics.touched[i]] = 0
            self.activate(physics.touched[i])
        physics.touched.clear()
        self.loud.clear()
        for i in range(self.active.size()):
            if self.active[i].quiet:
                self.rings[self.active[i].ring][slot] = 0.0
            else:
                self.loud.push_back(<int32_t>i)
        self.exponents.resize(2 * self.loud.size() + 2, 0.0)
        for i in range(self.loud.size()):
            physics.force_exponents(self.active[self.loud[i]].state, t_ns, &self.exponents[2 * i])
        qm_exp_many(&self.exponents[0], <int64_t>(2 * self.loud.size() + 2) & ~<int64_t>3)
        for i in range(self.loud.size()):
            physics.force_from(self.active[self.loud[i]].state, t_ns, &self.exponents[2 * i], &force)
            self.append(&self.active[self.loud[i]], &force)
        self.retire()

    cdef void append(self, Active *entry, const Force *force) noexcept nogil:
        """The tick's composite at the newest bin."""
        cdef double size = fabs(force.pressure) + fabs(force.vacuum)
        cdef double composite = 0.0
        if size > self.negligible:
            composite = (force.pressure - force.vacuum) / (size + self.floor)
            entry.last_nonzero = self.bin_seq
        else:
            entry.quiet = force.bound < 1e-3 * self.negligible
        self.rings[entry.ring][self.bin_seq & (self.ring_size - 1)] = composite

    cdef void retire(self) noexcept nogil:
        """Take the rings of ticks that have held nothing but zeros."""
        cdef Active *entry
        cdef size_t i = 0
        while i < self.active.size():
            entry = &self.active[i]
            if not entry.quiet or self.bin_seq - entry.last_nonzero < self.ring_size:
                i += 1
                continue
            self.free_rings.push_back(entry.ring)
            self.active_of[entry.state] = -1
            self.active[i] = self.active.back()
            self.active.pop_back()
            if i < self.active.size():
                self.active_of[self.active[i].state] = <int32_t>i

    # --- served ticks ---

    cdef double rolled_at(self, const double *ring, int64_t bin_seq) noexcept nogil:
        """Weighted sum over the flow windows of the trailing mean of composite, fewer bins while filling."""
        cdef int64_t mask = self.ring_size - 1
        cdef int64_t have = bin_seq + 1
        cdef int64_t done = 0
        cdef int64_t upto
        cdef double total = 0.0
        cdef double rolled = 0.0
        cdef int w
        for w in range(self.n_windows):
            upto = self.windows[w] if self.windows[w] < have else have
            while done < upto:
                total += ring[(bin_seq - done) & mask]
                done += 1
            rolled += self.weights[w] * (total / upto)
        return rolled

    cdef void differences(self, Tracked *entry, const double *ring, int64_t bin_seq, double *d) noexcept nogil:
        """Bring ``rolled`` and ``d`` of the entry from the bin before to ``bin_seq``. d has 3 values."""
        cdef double rolled = self.rolled_at(ring, bin_seq)
        if bin_seq == 0:
            d[0] = d[1] = d[2] = 0.0
        else:
            # + 0.0 makes -0.0 a 0.0: the sorted windows compare by value
            d[0] = (rolled - entry.rolled) / self.bin_seconds + 0.0
            d[1] = (d[0] - entry.d[0]) / self.bin_seconds + 0.0
            d[2] = (d[1] - entry.d[1]) / self.bin_seconds + 0.0
        entry.rolled = rolled
        entry.d[0], entry.d[1], entry.d[2] = d[0], d[1], d[2]
        entry.last_bin = bin_seq

    cdef void step(self, Tracked *entry, const double *ring, int64_t bin_seq) noexcept nogil:
        """One bin on from ``bin_seq - 1``."""
        cdef double[3] d
        cdef double[3] old
        cdef double *ordered[3]
        cdef double *history
        cdef int64_t mask = self.history_size - 1
        cdef int i
        self.differences(entry, ring, bin_seq, d)
        for i in range(3):
            history = entry.history + i * self.history_size
            old[i] = history[(bin_seq - self.z_window) & mask]
            history[bin_seq & mask] = d[i]
            ordered[i] = entry.ordered + i * self.z_window
        if bin_seq >= self.z_window:
            sorted_replace3(ordered, self.z_window, old, d)
        else:
            for i in range(3):
                sorted_insert(ordered[i], bin_seq, d[i])

    cdef void rebuild(self, Tracked *entry, const double *ring, int64_t bin_seq) noexcept nogil:
        """The entry at ``bin_seq`` from nothing but the ring."""
        cdef int64_t first = bin_seq - self.z_window + 1
        cdef int64_t start, b
        cdef int64_t mask = self.history_size - 1
        cdef double[3] d
        cdef double *ordered
        cdef int i
        first = first if first > 0 else 0
        start = first - 3 if first > 3 else 0
        entry.rolled = entry.d[0] = entry.d[1] = entry.d[2] = 0.0
        for b in range(start, bin_seq + 1):       # the three bins before ``first`` make its d3 right
            self.differences(entry, ring, b, d)
            if b >= first:
                for i in range(3):
                    entry.history[i * self.history_size + (b & mask)] = d[i]
                    entry.ordered[i * self.z_window + b - first] = d[i]
        for i in range(3):
            ordered = entry.ordered + i * self.z_window
            sort(ordered, ordered + (bin_seq + 1 - first))

    cdef void row(self, int32_t state, int64_t tick, SpectrumRow *out) noexcept nogil:
        """Composite, differences, score and code of one tick at the newest bin."""
        cdef const double *ring
        cdef Tracked *entry
        cdef double *ordered[3]
        cdef double[3] median
        cdef double[3] mad
        cdef double[4] z
        cdef double score
        cdef int64_t n, b
        cdef int i
        memset(out, 0, sizeof(SpectrumRow))
        if state < 0 or <size_t>state >= self.active_of.size() or self.active_of[state] < 0:
            return
        ring = self.rings[self.active[self.active_of[state]].ring]
        entry = &self.tracked[tick & (self.n_tracked - 1)]
        if entry.tick != tick or entry.last_bin < 0 or self.bin_seq - entry.last_bin > MAX_CATCH_UP:
            entry.tick = tick
            self.rebuild(entry, ring, self.bin_seq)
        else:
            for b in range(entry.last_bin + 1, self.bin_seq + 1):
                self.step(entry, ring, b)
        out.composite = entry.rolled
        out.d1, out.d2, out.d3 = entry.d[0], entry.d[1], entry.d[2]
        n = self.bin_seq + 1 if self.bin_seq + 1 < self.z_window else self.z_window
        if n < self.z_min:
            return
        z[3] = 0.0
        for i in range(3):
            ordered[i] = entry.ordered + i * self.z_window
            median[i] = sorted_median(ordered[i], n)
        sorted_mad3(ordered, n, median, mad)
        for i in range(3):
            z[i] = robust_z(entry.d[i], median[i], mad[i]) / self.tanh_scale
        qm_tanh4(z, z)
        score = self.score_weights[0] * z[0] + self.score_weights[1] * z[1] + self.score_weights[2] * z[2]
        out.score = 1.0 if score > 1.0 else -1.0 if score < -1.0 else score
        out.code = 1 if out.score >= self.threshold else -1 if out.score <= -self.threshold else 0

    # --- Python door ---

    def export_state(self):
        """Rings of the active ticks, for a checkpoint."""
        cdef size_t n = self.active.size()
        cdef size_t i
        rings = np.empty((n, self.ring_size))
        cdef double[:, ::1] view = rings
        for i in range(n):
            memcpy(&view[i, 0], self.rings[self.active[i].ring], self.ring_size * sizeof(double))
        return {
            "spectrum_rings": rings,
            "spectrum_active": np.array(
                [(self.active[i].state, self.active[i].last_nonzero, self.active[i].quiet) for i in range(n)], np.int64
            ).reshape(n, 3),
            "spectrum_bin": np.array([self.bin_seq], np.int64),
        }

    def import_state(self, state not None):
        """Replace everything by an exported state; served ticks are rebuilt when they are asked for."""
        cdef const double[:, ::1] rings = np.ascontiguousarray(state["spectrum_rings"])
        cdef size_t n = len(state["spectrum_active"])
        cdef size_t i
        if n and rings.shape[1] != self.ring_size:
            raise ValueError(f"rings hold {rings.shape[1]} bins, this configuration needs {self.ring_size}")
        for i in range(self.active.size()):
            self.free_rings.push_back(self.active[i].ring)
        self.active.clear()
        self.active_of.clear()
        for i in range(<size_t>self.n_tracked):
            self.tracked[i].last_bin = -1
        self.bin_seq = state["spectrum_bin"][0]
        for i in range(n):
            self.activate(state["spectrum_active"][i, 0])
            self.active[i].last_nonzero = state["spectrum_active"][i, 1]
            self.active[i].quiet = state["spectrum_active"][i, 2]
            memcpy(self.rings[self.active[i].ring], &rings[i, 0], self.ring_size * sizeof(double))

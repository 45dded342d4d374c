"""Pressure and vacuum: impulse trains through exact exponential chains (SPEC section 2).

Each tick carries velocity, acceleration and jerk of five trains (add, pull, fill, bid depth, ask depth) and
three decaying masses. The linear system

    tau_v dv/dt = u - v        tau_a da/dt = dv/dt - a        tau_j dj/dt = da/dt - j

is solved in closed form between impulses, never stepped. A tick is brought forward only by an impulse;
reading works on a copy, so the state never depends on when anybody looked. The states live in one dense
pool in order of first touch; a window of slots (the book's) maps ticks to it, an unordered map the rest.
Plain twin: ``qmcore.reference.physics``.
"""

cimport cython
from libc.math cimport fabs
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

import numpy as np

from qmcore.kernels.numeric cimport qm_exp4, qm_exp_dd1, qm_exp_dd2

STATE_DTYPE = np.dtype([
    ("tick", "<i8"), ("t_ns", "<i8"), ("last_event_id", "<i8"), ("v", "<f8", 6), ("a", "<f8", 6), ("j", "<f8", 6),
    ("mass", "<f8", 3),
])


@cython.final
cdef class TickPhysics:
    """Chains of every tick. ``config``: a ``PhysicsConfig`` (taus in seconds); ``n_slots``: size of the window."""

    def __cinit__(self, config not None, int64_t n_slots):
        cdef double tv = config.tau_velocity
        cdef double ta = config.tau_acceleration
        cdef double tj = config.tau_jerk
        self.rate_v, self.rate_a, self.rate_j = 1.0 / tv, 1.0 / ta, 1.0 / tj
        self.rate_rest = 1.0 / config.tau_rest_decay
        self.gain_v, self.gain_a, self.gain_j = 1.0 / tv, 1.0 / (tv * ta), 1.0 / (tv * ta * tj)
        # Below 2 % apart the closed form loses digits, and at equality its meaning: divided differences then.
        self.separated = min(abs(tv / ta - 1), abs(ta / tj - 1), abs(tj / tv - 1)) > 0.02
        if self.separated:
            self.k_av = 1.0 / (ta - tv)
            self.k_jv_v = -self.k_av / (tv - tj)
            self.k_jv_a = self.k_av / (ta - tj)
            self.k_ja = -1.0 / (ta - tj)
        self.c1, self.c2, self.c3 = config.c1_v_add, config.c2_v_rest_pos, config.c3_a_add
        self.c4, self.c5 = config.c4_v_pull, config.c5_v_fill
        self.c6, self.c7 = config.c6_v_rest_neg, config.c7_a_pull
        self.largest_c = max(self.c1, self.c2, self.c3, self.c4, self.c5, self.c6, self.c7)
        self.n_slots = n_slots
        self.dense = <int32_t *>malloc(n_slots * sizeof(int32_t))
        if self.dense == NULL:
            raise MemoryError
        memset(self.dense, 0xFF, n_slots * sizeof(int32_t))
        self.states.reserve(1024)

    def __dealloc__(self):
        free(self.dense)

    # --- which state belongs to a tick ---

    cdef int32_t find(self, int64_t tick) noexcept nogil:
        """Index of the tick's state, -1 where it was never touched."""
        cdef int64_t slot = tick - self.base
        if 0 <= slot < self.n_slots:
            return self.dense[slot]
        if self.far.empty():
            return -1
        return self.far[tick] if self.far.count(tick) else -1

    cdef void place(self, int64_t tick, int32_t index) noexcept nogil:
        cdef int64_t slot = tick - self.base
        if 0 <= slot < self.n_slots:
            self.dense[slot] = index
        else:
            self.far[tick] = index

    cdef int32_t state_of(self, int64_t tick) noexcept nogil:
        """Index of the tick's state, made where there was none."""
        cdef int32_t index = self.find(tick)
        cdef TickState fresh
        if index >= 0:
            return index
        memset(&fresh, 0, sizeof(TickState))
        fresh.tick = tick
        index = <int32_t>self.states.size()
        self.states.push_back(fresh)
        self.marked.push_back(0)
        self.place(tick, index)
        return index

    cdef void recentre(self, int64_t base) noexcept nogil:
        """Move the window; the states stay where they are."""
        cdef size_t i
        self.base = base
        self.far.clear()
        memset(self.dense, 0xFF, self.n_slots * sizeof(int32_t))
        for i in range(self.states.size()):
            self.place(self.states[i].tick, <int32_t>i)

    # --- impulses ---

    cdef void transition(self, double seconds, Transition *out) noexcept nogil:
        """Coefficients of the exact solution over a quiet time."""
        cdef double[4] x
        cdef double[4] e
        cdef double rv = self.rate_v
        cdef double ra = self.rate_a
        cdef double rj = self.rate_j
        cdef double dd
        x[0] = -seconds * rv
        x[1] = -seconds * ra
        x[2] = -seconds * rj
        x[3] = -seconds * self.rate_rest
        qm_exp4(x, e)
        out.ev, out.ea, out.ej, out.er = e[0], e[1], e[2], e[3]
        if self.separated:
            out.av = self.k_av * (e[0] - e[1])
            out.jv = self.k_jv_v * (e[0] - e[2]) + self.k_jv_a * (e[1] - e[2])
            out.ja = self.k_ja * (e[1] - e[2])
        else:
            # exp of the lower-triangular [[-rv], [-ra rv, -ra], [-rj ra rv, -rj ra, -rj]] t
            dd = ra * rv * seconds
            out.av = -dd * qm_exp_dd1(x[0], x[1])
            out.ja = -rj * ra * seconds * qm_exp_dd1(x[1], x[2])
            out.jv = rj * dd * (ra * seconds * qm_exp_dd2(x[0], x[1], x[2]) - qm_exp_dd1(x[0], x[2]))

    cdef void touch(self, int64_t tick, int64_t event_id) noexcept nogil:
        """Note that a record touched the tick, without an impulse."""
        self.states[self.state_of(tick)].last_event_id = event_id

    cdef void apply(self, const Effect *effect, int64_t t_ns, int64_t event_id) noexcept nogil:
        """Drive the tick's chains by one record's impulses at ``t_ns``."""
        cdef int32_t index = self.state_of(effect.tick)
        cdef TickState *s = &self.states[index]
        cdef Transition m
        cdef double v, a
        cdef double[N_TRAINS] q
        cdef int i
        s.last_event_id = event_id
        if effect.add == 0 and effect.pull == 0 and effect.fill == 0 and effect.d_bid == 0 and effect.d_ask == 0:
            return
        if not self.marked[index]:
            self.marked[index] = 1
            self.touched.push_back(index)
        if t_ns > s.t_ns:
            self.transition(<double>(t_ns - s.t_ns) * 1e-9, &m)
            for i in range(N_TRAINS):
                v = s.v[i]
                a = s.a[i]
                s.v[i] = m.ev * v
                s.a[i] = m.ea * a + m.av * v
                s.j[i] = m.ej * s.j[i] + m.jv * v + m.ja * a
            s.mass[0] *= m.er
            s.mass[1] *= m.er
            s.mass[2] *= m.er
            s.t_ns = t_ns
        q[TRAIN_ADD] = effect.add
        q[TRAIN_PULL] = effect.pull
        q[TRAIN_FILL] = effect.fill
        q[TRAIN_BID] = effect.d_bid
        q[TRAIN_ASK] = effect.d_ask
        q[5] = 0.0
        for i in range(N_TRAINS):
            s.v[i] += q[i] * self.gain_v
            s.a[i] += q[i] * self.gain_a
            s.j[i] += q[i] * self.gain_j
        s.mass[0] += effect.add
        s.mass[1] += effect.pull
        s.mass[2] += effect.fill

    # --- reading ---

    cdef void read(self, int32_t index, int64_t t_ns, TickState *out) noexcept nogil:
        """The tick's state at ``t_ns`` >= its last impulse, in ``out``; nothing changes."""
        cdef const TickState *s = &self.states[index]
        cdef Transition m
        cdef int i
        self.transition(<double>(t_ns - s.t_ns) * 1e-9, &m)
        out.tick, out.t_ns, out.last_event_id = s.tick, t_ns, s.last_event_id
        for i in range(N_TRAINS):
            out.v[i] = m.ev * s.v[i]
            out.a[i] = m.ea * s.a[i] + m.av * s.v[i]
            out.j[i] = m.ej * s.j[i] + m.jv * s.v[i] + m.ja * s.a[i]
        for i in range(3):
            out.mass[i] = m.er * s.mass[i]

    cdef void force_exponents(self, int32_t index, int64_t t_ns, double *x) noexcept nogil:
        """The two exponents that the tick's forces at ``t_ns`` need, so that many can be raised at once."""
        cdef double seconds = <double>(t_ns - self.states[index].t_ns) * 1e-9
        x[0] = -seconds * self.rate_v
        x[1] = -seconds * self.rate_a

    cdef void force_from(self, int32_t index, int64_t t_ns, const double *e, Force *out) noexcept nogil:
        """Forces from the exponentials of ``force_exponents``: the same bits as from ``read``."""
        cdef const TickState *s = &self.states[index]
        cdef TickState now
        cdef Transition m
        cdef int i
        m.ev, m.ea = e[0], e[1]
        m.av = self.k_av * (m.ev - m.ea)
        if not self.separated:
            self.transition(<double>(t_ns - s.t_ns) * 1e-9, &m)
        out.bound = 0.0
        for i in range(N_TRAINS):
            now.v[i] = m.ev * s.v[i]
            out.bound += fabs(now.v[i])
        for i in range(2):
            now.a[i] = m.ea * s.a[i] + m.av * s.v[i]
            out.bound += fabs(now.a[i])
        out.bound *= self.largest_c
        self.forces(&now, &out.pressure, &out.vacuum)

    cdef void forces(self, const TickState *s, double *pressure, double *vacuum) noexcept nogil:
        """Pressure and vacuum of a state, quantity per second."""
        cdef double rest = s.v[TRAIN_BID] + s.v[TRAIN_ASK]
        pressure[0] = (self.c1 * s.v[TRAIN_ADD] + self.c2 * (rest if rest > 0 else 0.0)
                       + self.c3 * (s.a[TRAIN_ADD] if s.a[TRAIN_ADD] > 0 else 0.0))
        vacuum[0] = (self.c4 * s.v[TRAIN_PULL] + self.c5 * s.v[TRAIN_FILL] + self.c6 * (-rest if rest < 0 else 0.0)
                     + self.c7 * (s.a[TRAIN_PULL] if s.a[TRAIN_PULL] > 0 else 0.0))

    # --- Python door ---

    def impulse(self, int64_t tick, int64_t t_ns, *, double add=0, double pull=0, double fill=0, double d_bid=0,
                double d_ask=0, int64_t event_id=0):
        """One record's impulses at a tick. ``t_ns`` must not lie before the tick's last impulse."""
        cdef int32_t index = self.find(tick)
        if index >= 0 and t_ns < self.states[index].t_ns:
            raise ValueError(f"t_ns {t_ns} lies before the tick's last impulse at {self.states[index].t_ns}")
        cdef Effect effect
        effect.tick, effect.add, effect.pull, effect.fill = tick, add, pull, fill
        effect.d_bid, effect.d_ask = d_bid, d_ask
        self.apply(&effect, t_ns, event_id)

    def state(self, int64_t tick, int64_t t_ns):
        """The tick's state at ``t_ns`` as a ``STATE_DTYPE`` scalar; v, a, j in the order of the trains
        add, pull, fill, bid depth, ask depth (and one unused)."""
        out = np.zeros((), STATE_DTYPE)
        out["tick"], out["t_ns"] = tick, t_ns
        cdef int32_t index = self.find(tick)
        cdef TickState s
        if index >= 0:
            if t_ns < self.states[index].t_ns:
                raise ValueError(f"t_ns {t_ns} lies before the tick's last impulse at {self.states[index].t_ns}")
            self.read(index, t_ns, &s)
            out = np.frombuffer((<unsigned char *>&s)[:sizeof(TickState)], STATE_DTYPE)[0]
        return out

    def forces_at(self, int64_t tick, int64_t t_ns):
        """(pressure, vacuum) of a tick at ``t_ns``, quantity per second."""
        cdef double pressure = 0
        cdef double vacuum = 0
        cdef TickState s
        cdef int32_t index = self.find(tick)
        if index >= 0:
            if t_ns < self.states[index].t_ns:
                raise ValueError(f"t_ns {t_ns} lies before the tick's last impulse at {self.states[index].t_ns}")
            self.read(index, t_ns, &s)
            self.forces(&s, &pressure, &vacuum)
        return pressure, vacuum

    def export_state(self):
        """Every tick's state and mark, for a checkpoint."""
        cdef size_t n = self.states.size()
        states = np.empty((n, sizeof(TickState) // 8), np.int64)      # the bits as they are
        cdef int64_t[:, ::1] view = states
        if n:
            memcpy(&view[0, 0], &self.states[0], n * sizeof(TickState))
        return {"ticks": states, "touched": np.array([self.touched[i] for i in range(self.touched.size())], np.int32)}

    def import_state(self, state not None):
        """Replace every tick's state by an exported one."""
        cdef const int64_t[:, ::1] view = np.ascontiguousarray(state["ticks"])
        cdef size_t n = view.shape[0]
        if n and view.shape[1] * 8 != sizeof(TickState):
            raise ValueError("a tick's state has another size than this version's")
        self.states.resize(n)
        self.marked.assign(n, 0)
        self.touched.clear()
        if n:
            memcpy(&self.states[0], &view[0, 0], n * sizeof(TickState))
        for index in state["touched"]:
            self.touched.push_back(index)
            self.marked[<size_t>index] = 1
        self.recentre(self.base)

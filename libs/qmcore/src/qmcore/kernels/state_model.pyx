"""The state model ``derivative``: which way the touch repriced, weighed over the rows (SPEC section 4).

``label`` gives every cell its state5 code, ``update`` turns the codes of one bin into the score. Bins without a
valid touch are not fed. Plain twin: ``qmcore.reference.state_model``.
"""

cimport cython
from libc.math cimport fabs, sqrt
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

import numpy as np

from qmcore.kernels.numeric cimport qm_tanh4
from qmcore.kernels.rolling cimport robust_z, sorted_insert, sorted_mad, sorted_median, sorted_replace

# Intensities this close are equal: the weights above and below spot are the same, summed in another order.
cdef double TIE = 1e-12


# state5 codes above and below spot, by picture: bear, mixed, bull
cdef int8_t[3] ABOVE = [-1, 0, 2]
cdef int8_t[3] BELOW = [-2, 0, 1]


cdef inline int reprice(int ask_sign, int bid_sign) noexcept nogil:
    """Which picture the moves of the touch give: 0 bear, 1 mixed, 2 bull."""
    if bid_sign == 1 and ask_sign >= 0:
        return 2
    return 1 if (ask_sign == 0 and bid_sign == 0) or (ask_sign == -1 and bid_sign == 1) else 0


@cython.final
cdef class StateModel:
    """``config``: StateModelParams and FlowConfig fields; ``radius``: rows each side of spot.

    ``score_only``: z-scores that have no weight in the score stay 0; they are most of the work.
    """

    def __cinit__(self, config not None, int64_t radius, double bin_seconds, bint score_only=False):
        cdef int64_t i
        cdef double total
        self.radius, self.rows, self.score_only = radius, 2 * radius + 1, score_only
        self.by_force = config.state_source == "force"
        self.neutral = config.flow_neutral_threshold
        self.bin_seconds = bin_seconds
        self.tanh_scale = config.state_model_tanh_scale
        self.mixed_weight = config.state_model_mixed_weight
        self.w_bull_pressure = config.state_model_bull_pressure_weight
        self.w_bull_vacuum = config.state_model_bull_vacuum_weight
        self.w_bear_pressure = config.state_model_bear_pressure_weight
        self.w_bear_vacuum = config.state_model_bear_vacuum_weight
        weights = (config.state_model_d1_weight, config.state_model_d2_weight, config.state_model_d3_weight)
        for i in range(3):
            self.score_weights[i] = weights[i] / sum(weights)
        self.z_window = config.state_model_zscore_window_bins
        self.z_min = config.state_model_zscore_min_periods
        self.weights = <double *>malloc(self.rows * sizeof(double))
        self.history = <double *>malloc(3 * self.z_window * sizeof(double))
        self.ordered = <double *>malloc(3 * self.z_window * sizeof(double))
        self.codes = <int8_t *>malloc(self.rows)
        if self.weights == NULL or self.history == NULL or self.ordered == NULL or self.codes == NULL:
            raise MemoryError
        distance = np.maximum(np.abs(np.arange(-radius, radius + 1)), 1)
        spatial = distance ** -float(config.state_model_spatial_decay_power)
        excluded = config.state_model_center_exclusion_radius
        if excluded > 0:
            spatial[np.abs(np.arange(-radius, radius + 1)) <= excluded] = 0.0
        total = spatial.sum()
        for i in range(self.rows):
            self.weights[i] = spatial[i] / total if total > 0 else 0.0
        memset(&self.out, 0, sizeof(ModelOutput))

    def __dealloc__(self):
        free(self.weights)
        free(self.history)
        free(self.ordered)
        free(self.codes)

    cdef void label(self, int ask_sign, int bid_sign, const double *composite,
                    int8_t *codes) noexcept nogil:
        """state5 code of every row."""
        cdef int64_t i
        cdef int8_t above, below
        if self.by_force:
            for i in range(self.rows):
                if i == self.radius or fabs(composite[i]) < self.neutral:
                    codes[i] = 0
                elif i > self.radius:
                    codes[i] = 2 if composite[i] < 0 else -1
                else:
                    codes[i] = -2 if composite[i] < 0 else 1
            return
        above, below = ABOVE[reprice(ask_sign, bid_sign)], BELOW[reprice(ask_sign, bid_sign)]
        for i in range(self.radius):
            codes[i] = below
        codes[self.radius] = 0
        for i in range(self.radius + 1, self.rows):
            codes[i] = above

    cdef void picture(self, int which, double *intensity) noexcept nogil:
        """Intensities of one picture of the touch, summed in the order of ``update``."""
        cdef int64_t i
        cdef int code
        memset(intensity, 0, 5 * sizeof(double))
        for i in range(self.rows):
            code = BELOW[which] if i < self.radius else ABOVE[which] if i > self.radius else 0
            intensity[code + 2] += self.weights[i]

    cdef double z_score(self, int i) noexcept nogil:
        """Robust z of the newest d[i]; by mean and deviation where the MAD is 0."""
        cdef int64_t n = self.samples if self.samples < self.z_window else self.z_window
        cdef double *ordered = self.ordered + i * self.z_window
        cdef double median, mad, mean, square, deviation
        cdef int64_t k
        if n < self.z_min:
            return 0.0
        median = sorted_median(ordered, n)
        mad = sorted_mad(ordered, n, median)
        if 1.4826 * mad >= 1e-9:
            return robust_z(self.out.d[i], median, mad)
        mean = 0.0
        for k in range(n):
            mean += ordered[k]
        mean /= n
        square = 0.0
        for k in range(n):
            square += (ordered[k] - mean) * (ordered[k] - mean)
        deviation = sqrt(square / n)
        return (self.out.d[i] - mean) / deviation if deviation >= 1e-9 else 0.0

    cdef void update(self, const int8_t *codes) noexcept nogil:
        """One bin on: intensities of the codes, then ``settle``."""
        cdef int64_t i
        memset(self.out.intensity, 0, sizeof(self.out.intensity))
        for i in range(self.rows):
            self.out.intensity[codes[i] + 2] += self.weights[i]
        self.settle()

    cdef void settle(self) noexcept nogil:
        """Base, differences, z-scores and score in ``out``, from its intensities."""
        cdef ModelOutput *o = &self.out
        cdef double[3] old
        cdef double[4] squeezed
        cdef double gate, base, score
        cdef int64_t i, slot
        cdef int code
        cdef int[4] rank
        rank[0], rank[1], rank[2], rank[3] = 1, -1, 2, -2
        o.bull = self.w_bull_pressure * o.intensity[3] + self.w_bull_vacuum * o.intensity[4]
        o.bear = self.w_bear_pressure * o.intensity[1] + self.w_bear_vacuum * o.intensity[0]
        gate = 1.0 - self.mixed_weight * o.intensity[2]
        gate = 0.0 if gate < 0 else 1.0 if gate > 1 else gate
        base = (o.bull - o.bear) * gate
        old[0], old[1], old[2] = o.base, o.d[0], o.d[1]
        if self.samples == 0:
            o.d[0] = o.d[1] = o.d[2] = 0.0
        else:
            o.d[0] = (base - old[0]) / self.bin_seconds + 0.0
            o.d[1] = (o.d[0] - old[1]) / self.bin_seconds + 0.0
            o.d[2] = (o.d[1] - old[2]) / self.bin_seconds + 0.0
        o.base = base
        slot = self.samples % self.z_window
        for i in range(3):
            if self.samples < self.z_window:
                sorted_insert(self.ordered + i * self.z_window, self.samples, o.d[i])
            else:
                sorted_replace(self.ordered + i * self.z_window, self.z_window, self.history[i * self.z_window + slot],
                               o.d[i])
            self.history[i * self.z_window + slot] = o.d[i]
        self.samples += 1
        squeezed[3] = 0.0
        for i in range(3):
            o.z[i] = 0.0 if self.score_only and self.score_weights[i] == 0 else self.z_score(<int>i)
            squeezed[i] = o.z[i] / self.tanh_scale
        qm_tanh4(squeezed, squeezed)
        score = 0.0
        for i in range(3):
            score += self.score_weights[i] * squeezed[i]
        o.score = 1.0 if score > 1.0 else -1.0 if score < -1.0 else score
        o.sample_count = self.samples if self.samples < self.z_window else self.z_window
        o.ready = o.sample_count >= self.z_min
        code = 0                                   # ties go to the code nearest 0, then to the positive one
        for i in range(4):
            if o.intensity[rank[i] + 2] > o.intensity[code + 2] + TIE:
                code = rank[i]
        o.dominant = code

    # --- Python door ---

    def step(self, int ask_sign, int bid_sign, const double[::1] composite not None):
        """One bin on; its score. composite: shape (rows,), looked at where states come from the force."""
        if composite.shape[0] != self.rows:
            raise ValueError(f"composite has {composite.shape[0]} rows, the model {self.rows}")
        self.label(ask_sign, bid_sign, &composite[0], self.codes)
        self.update(self.codes)
        return self.out.score

    def scores(self, const int8_t[::1] ask_signs not None, const int8_t[::1] bid_signs not None, composite=None):
        """Scores of the following n bins, shape (n,) float64: as n calls of ``step``.

        composite: shape (n, rows), needed where states come from the force.
        """
        cdef const double[:, ::1] balance
        cdef int64_t t, n = ask_signs.shape[0]
        cdef double[::1] view
        cdef double[3][5] known                    # by reprice there are three pictures: bear, mixed, bull
        cdef int picture
        if bid_signs.shape[0] != n:
            raise ValueError(f"{n} ask signs, but {bid_signs.shape[0]} bid signs")
        scores = np.empty(n)
        view = scores
        if self.by_force:
            balance = composite
            if balance is None or balance.shape[0] != n or balance.shape[1] != self.rows:
                raise ValueError(f"states from the force need composite of shape ({n}, {self.rows})")
            for t in range(n):
                self.label(ask_signs[t], bid_signs[t], &balance[t, 0], self.codes)
                self.update(self.codes)
                view[t] = self.out.score
            return scores
        for picture in range(3):
            self.picture(picture, known[picture])
        with nogil:
            for t in range(n):
                memcpy(self.out.intensity, known[reprice(ask_signs[t], bid_signs[t])], sizeof(self.out.intensity))
                self.settle()
                view[t] = self.out.score
        return scores

    def export_state(self):
        """Output and windows, for a checkpoint."""
        cdef int64_t n = self.samples if self.samples < self.z_window else self.z_window
        cdef int64_t i, k
        history = np.empty((3, n))
        for i in range(3):
            for k in range(n):
                history[i, k] = self.history[i * self.z_window + k]
        return {
            "model_history": history,
            "model_samples": np.array([self.samples], np.int64),
            "model_output": np.frombuffer((<unsigned char *>&self.out)[:sizeof(ModelOutput)], np.uint8).copy(),
        }

    def import_state(self, state not None):
        """Replace everything by an exported state."""
        cdef const unsigned char[::1] raw = np.ascontiguousarray(state["model_output"])
        cdef int64_t i, k
        if raw.shape[0] != sizeof(ModelOutput):
            raise ValueError("model_output has another size than this version's")
        history, samples = state["model_history"], int(state["model_samples"][0])
        if history.shape != (3, min(samples, self.z_window)):
            raise ValueError(f"model_history has shape {history.shape}, not that of {samples} samples")
        self.out = (<const ModelOutput *>&raw[0])[0]
        self.samples = samples
        for i in range(3):
            for k in range(history.shape[1]):
                self.history[i * self.z_window + k] = history[i, k]
                sorted_insert(self.ordered + i * self.z_window, k, history[i, k])

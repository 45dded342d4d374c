"""Trained signals: which model is asked when, what they learn, and which artifacts they refuse."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from qmcore.checkpoint import pack, unpack
from qmcore.config.runtime import RuntimeConfig, SignalSpec
from qmcore.errors import ConfigError, CorruptData, NotFound
from qmcore.kernels.windows import tanh
from qmcore.signals import create, kind_of, replay
from qmcore.signals.features import FEATURES
from qmcore.signals.gbm import Gbm, Trees
from qmcore.signals.logit import Linear, Logit
from qmcore.signals.models import ModelSequence
from qmcore.signals.offline import DatasetBins
from tests.fixtures.artifacts import (
    ARTIFACTS,
    QUICKER,
    TRAINED,
    MemoryArtifacts,
    made,
    trained,
    with_artifact,
)
from tests.fixtures.signal_data import Columns, blank, random_columns
from tests.streams.configs import small_config

EVERY = pytest.mark.parametrize("name", TRAINED)
CONFIG = small_config()
F = len(FEATURES)


def leaf(value: float) -> Trees:
    """A model that says ``value`` whatever it sees."""
    one = np.zeros(1)
    none = np.array([-1], np.int32)
    return Trees(value, np.array([1], np.int32), np.zeros(1, np.int32), one, none, none, one)


def constant(value: float) -> Linear:
    """The same for ``logit``."""
    return Linear(value, np.zeros(F), np.ones(F), np.zeros(F))


def sequence_of(name: str, margins: list[float], active_from_ns: list[int]) -> ModelSequence:
    """Models that say ``margins``, one after the other."""
    artifact = with_artifact(SignalSpec(name=name), CONFIG).artifact
    assert artifact is not None
    real = ModelSequence.decode(ARTIFACTS.load(artifact), "test")
    models = (
        Gbm.arrays(list(map(leaf, margins))) if name == "gbm" else Logit.arrays(list(map(constant, margins)))
    )
    return dataclasses.replace(real, active_from_ns=np.array(active_from_ns), models=models)


def spec_of(name: str, sequence: ModelSequence) -> SignalSpec:
    return SignalSpec(name=name, artifact=ARTIFACTS.save(sequence.encode()))


@EVERY
def test_each_bin_asks_the_model_of_its_time(name: str) -> None:
    data = blank(50, CONFIG)
    ends = data.bins("bin_end_ns").tolist()
    margins = [0.5, -1.0, 3.0]
    spec = spec_of(name, sequence_of(name, margins, [ends[10], ends[20] - 1, ends[40] + 1]))
    values = replay(spec, data, ARTIFACTS)
    wanted = [0.0] * 10 + [tanh(0.25)] * 10 + [tanh(-0.5)] * 21 + [tanh(1.5)] * 9
    assert values.tolist() == wanted
    assert values[10] == pytest.approx(2.0 / (1.0 + np.exp(-0.5)) - 1.0, abs=1e-15)
    later = dataclasses.replace(
        data, bin_columns={**data.bin_columns, "bin_end_ns": data.bins("bin_end_ns") + 10**15}
    )
    assert replay(spec, later, ARTIFACTS).tolist() == [tanh(1.5)] * 50


@EVERY
def test_retrains_count_the_models_that_were_taken_up(name: str) -> None:
    data = blank(50, CONFIG)
    ends = data.bins("bin_end_ns").tolist()
    data.bins("mid_price")[15:35] = 0.0  # the second model's whole time
    sequence = sequence_of(name, [0.5, -1.0, 3.0], [ends[10], ends[20], ends[30]])
    signal, bins = create(spec_of(name, sequence), CONFIG, ARTIFACTS), DatasetBins(data)
    counts = []
    for t in range(50):
        signal.update(bins.header(t), bins)
        counts.append(signal.retrains)
    assert counts == [0] * 10 + [1] * 25 + [2] * 15
    assert made(SignalSpec(name="ofi"), CONFIG).retrains == 0


def test_microprice_counts_its_fits_through_a_checkpoint() -> None:
    spec, data = SignalSpec(name="microprice", params={"refit_bins": 20}), random_columns(90, 1, CONFIG)
    signal, bins = create(spec, CONFIG), DatasetBins(data)
    for t in range(50):
        signal.update(bins.header(t), bins)
    resumed = create(spec, CONFIG)
    resumed.import_state(signal.export_state())
    for t in range(50, 90):
        resumed.update(bins.header(t), bins)
    assert (signal.retrains, resumed.retrains) == (2, 4)


def test_logit_is_an_ordered_sum_of_standardised_features() -> None:
    rng = np.random.default_rng(0)
    model = Linear(0.3, rng.normal(size=F), rng.random(F) + 0.1, rng.normal(size=F))
    (served,) = Logit.models(Logit.arrays([model]), 1)
    row = rng.normal(size=F) * 3
    row[0] = 1e18
    z = np.clip((row - model.mean) / model.scale, -8.0, 8.0)
    assert served.margin(row.tolist()) == pytest.approx(0.3 + float((model.coefficient * z).sum()), rel=1e-12)


def planted(n: int, seed: int, *, edge: bool) -> Columns:
    """A mid that moves a tick every bin; where there is an edge, up after deep bids (in 9 of 10 bins), else anyhow."""
    rng = np.random.default_rng(seed)
    up = rng.random(n) < 0.5
    told = np.where(rng.random(n) < 0.9, up, ~up) if edge else rng.random(n) < 0.5
    bid = 400 + np.concatenate([[0], np.cumsum(np.where(up, 1, -1))[:-1]])
    depth = rng.random((n, 13)) * 5
    depth[:, 3:6] += 3.0 * told[:, np.newaxis]
    depth[:, 7:10] += 3.0 * ~told[:, np.newaxis]
    return blank(
        n,
        CONFIG,
        best_bid_price_int=bid * CONFIG.tick_int,
        best_ask_price_int=(bid + 1) * CONFIG.tick_int,
        rest_depth=depth,
        v_add=rng.random((n, 13)),
        composite=rng.normal(size=(n, 13)),
    )


LEARNING = {
    "horizon_bins": 1,
    "embargo_bins": 2,
    "min_train_bins": 1500,
    "train_window_bins": 3000,
    "retrain_bins": 1000,
}


@EVERY
@pytest.mark.parametrize("edge", [True, False])
def test_a_planted_pattern_is_learnt_and_noise_is_not(name: str, edge: bool) -> None:
    data = planted(6000, 5, edge=edge)
    params = (
        QUICKER[name]
        | LEARNING
        | ({"trees": 30, "learning_rate": 0.2, "min_leaf_bins": 50} if name == "gbm" else {})
    )
    spec = SignalSpec(name=name, params=params, artifact=ARTIFACTS.save(trained(name, data, **params)))
    values = replay(spec, data, ARTIFACTS)
    moves = np.sign(np.diff(data.bins("best_bid_price_int")))
    assert (values[:1503] == 0.0).all()
    predicted, moved = values[1503:-1], moves[1503:]
    hits = np.mean(np.sign(predicted) == moved)
    if edge:
        assert hits > 0.87
        sure = np.abs(predicted) > 0.5
        assert sure.mean() > 0.4
        assert np.mean((predicted[sure] + 1) / 2 - (moved[sure] > 0)) == pytest.approx(0.0, abs=0.03)
    else:
        assert abs(hits - 0.5) < 3 * 0.5 / np.sqrt(len(moved))
        assert np.abs(predicted).mean() < 0.25


@EVERY
def test_one_without_an_artifact_says_what_it_needs(name: str) -> None:
    with pytest.raises(
        ConfigError,
        match=rf"^signal {name}: artifact: is trained: it needs an artifact.*allowed: the SHA-256 of",
    ) as caught:
        create(SignalSpec(name=name), CONFIG, ARTIFACTS)
    assert caught.value.field == "artifact"
    with pytest.raises(ConfigError, match="artifact: no artifacts are at hand here"):
        create(SignalSpec(name=name, artifact="0" * 64), CONFIG)
    with pytest.raises(NotFound, match="unknown artifact '0000"):
        create(SignalSpec(name=name, artifact="0" * 64), CONFIG, MemoryArtifacts())


def test_a_signal_that_is_not_trained_takes_no_artifact() -> None:
    with pytest.raises(ConfigError, match="signal ofi: artifact: is not trained: it takes no artifact"):
        create(SignalSpec(name="ofi", artifact="0" * 64), CONFIG, ARTIFACTS)


@pytest.mark.parametrize("artifact", ["", "0" * 63, "G" * 64, "../" * 21 + "x"])
def test_an_artifact_is_named_by_64_hex_digits(artifact: str) -> None:
    with pytest.raises(ValueError, match="artifact"):
        SignalSpec(name="gbm", artifact=artifact)


@EVERY
def test_one_that_was_trained_for_something_else_is_refused(name: str) -> None:
    spec = with_artifact(SignalSpec(name=name), CONFIG)
    other = {"gbm": "logit", "logit": "gbm"}[name]

    def refusal(spec: SignalSpec, config: RuntimeConfig) -> str:
        with pytest.raises(ConfigError) as caught:
            create(spec, config, ARTIFACTS)
        assert caught.value.field == "artifact"
        return str(caught.value)

    assert f"is a model of signal {name}" in refusal(SignalSpec(name=other, artifact=spec.artifact), CONFIG)
    longer = spec.model_copy(update={"params": {"horizon_bins": 21}})
    assert refusal(longer, CONFIG).endswith("was trained with horizon_bins 20, not 21")
    assert refusal(spec, small_config(cell_width_ms=50)).endswith(
        "was trained with cell_width_ms 100, not 50"
    )
    assert "tau_velocity 2.0, not 3.0" in refusal(spec, small_config(tau_velocity=3.0))
    assert create(spec, small_config(symbol="OTHER", dt="2024-05-09", state_model_tanh_scale=2.0), ARTIFACTS)
    sequence = sequence_of(name, [0.0], [0])
    about = sequence.about.model_copy(update={"features": sequence.about.features[1:]})
    stale = spec_of(name, dataclasses.replace(sequence, about=about))
    assert "features of another version; train it again" in refusal(stale, CONFIG)


def broken(sequence: ModelSequence, **arrays: Any) -> ModelSequence:
    return dataclasses.replace(sequence, models={**sequence.models, **arrays})


@pytest.mark.parametrize(
    ("name", "arrays"),
    [
        ("gbm", {"left": np.array([0, -1], np.int32)}),
        ("gbm", {"feature": np.array([0], np.int32)}),
        ("gbm", {"nodes_per_tree": np.array([3, -1], np.int32)}),
        ("gbm", {"trees_per_model": np.array([2, 1], np.int32)}),
        ("gbm", {"trees_per_model": np.array([2], np.int32)}),
        ("gbm", {"baseline": np.array([0.0])}),
        ("gbm", {"baseline": np.array([0.0, np.nan])}),
        ("gbm", {"baseline": np.zeros((2, 2))}),
        ("gbm", {"feature": np.array(0, np.int32)}),
        ("gbm", {"threshold": np.zeros(2, [("x", "<f8"), ("y", "<f8")])}),
        ("logit", {"intercept": np.array([0.0])}),
        ("logit", {"intercept": np.array([0.0, np.inf])}),
        ("logit", {"mean": np.zeros((2, F - 1))}),
        ("logit", {"scale": np.zeros((2, F))}),
        ("logit", {"coefficient": np.full((2, F), np.nan)}),
        ("logit", {"coefficient": np.zeros((1, F))}),
    ],
)
def test_arrays_that_are_no_models_are_corrupt(name: str, arrays: dict[str, Any]) -> None:
    spec = spec_of(name, broken(sequence_of(name, [0.0, 1.0], [0, 1]), **arrays))
    with pytest.raises(CorruptData, match=rf"^artifact {spec.artifact}: not models of signal {name}"):
        create(spec, CONFIG, ARTIFACTS)
    missing = sequence_of(name, [0.0], [0])
    models = {key: value for key, value in missing.models.items() if key not in arrays}
    with pytest.raises(CorruptData, match="not models of signal"):
        create(spec_of(name, dataclasses.replace(missing, models=models)), CONFIG, ARTIFACTS)


@EVERY
def test_a_sequence_comes_back_from_its_bytes_and_nothing_else_does(name: str) -> None:
    data = sequence_of(name, [0.5, 1.0], [3, 7]).encode()
    again = ModelSequence.decode(data, "test")
    assert again.encode() == data
    assert again.active_from_ns.tolist() == [3, 7]
    sections = unpack(data, "test")
    about = sections["about"]
    assert isinstance(about, bytes)
    for changes, words in (
        ({"about": np.zeros(1)}, "its sections have other types"),
        ({"about": about.replace(b'"format":1', b'"format":2')}, "about.format"),
        ({"about": about.replace(b'"seed"', b'"sead"')}, "about.se"),
        ({"active_from_ns": np.array([3, 3])}, "its times do not ascend"),
        ({"active_from_ns": np.array([2**63 - 1, -(2**63)])}, "its times do not ascend"),
        ({"active_from_ns": np.empty(0, np.int64)}, "its times do not ascend"),
        ({"active_from_ns": np.array([3.0, 7.0])}, "its times do not ascend"),
        ({"surplus": np.zeros(1)}, "sections of another format"),
    ):
        with pytest.raises(CorruptData, match=words):
            ModelSequence.decode(pack({**sections, **changes}), "test")
    for damaged in (data[:-1], data[:100], b"", data[:50] + b"x" + data[51:]):
        with pytest.raises(CorruptData):
            ModelSequence.decode(damaged, "test")
    strange = about.replace(b'"horizon_bins":20', b'"horizon_bins":-20')
    spec = SignalSpec(name=name, artifact=ARTIFACTS.save(pack({**sections, "about": strange})))
    with pytest.raises(CorruptData, match=f"parameters of no signal {name}"):
        create(spec, CONFIG, ARTIFACTS)


def test_a_walk_that_cannot_begin_is_refused_by_its_parameters() -> None:
    with pytest.raises(ConfigError, match="min_train_bins 300 must not exceed train_window_bins 200"):
        create(SignalSpec(name="gbm", params={"min_train_bins": 300, "train_window_bins": 200}), CONFIG)
    assert issubclass(kind_of("gbm"), Gbm)

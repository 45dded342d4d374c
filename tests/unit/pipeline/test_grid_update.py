"""The header that is written by hand is the JSON of the model that viewers' types are generated from."""

from qmcore.contracts.messages import GridUpdate
from qmcore.pipeline import GridPipeline, grid_update
from tests.streams.configs import small_config
from tests.streams.walked import walk


def test_every_header_is_the_json_of_a_grid_update() -> None:
    config = small_config(end_time="09:30:10")
    seen = 0
    for frame in GridPipeline(config).feed(walk(3, 2_500)):
        text = grid_update(frame, config)
        model = GridUpdate.model_validate_json(text, strict=False)
        assert model.model_dump_json(exclude_none=True).encode() == text
        seen += 1
    assert seen > 10

from __future__ import annotations

import json

import pytest

from oscine.core.errors import InputError
from oscine.training.params import TrainParams


def test_options_go_to_json_and_back():
    params = TrainParams(optimizer="ftrl", schedule="constant", n_steps=7, architecture="songexplorer", patience=2)
    assert TrainParams.parse(json.loads(json.dumps(params.to_dict()))) == params


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_stepss": 3}, "unknown option; found 'n_stepss'.*Did you mean 'n_steps'"),
        ({"optimizer": "adamm"}, "found 'adamm'"),
        ({"architecture": "songexplorr"}, "unknown architecture.*Did you mean 'songexplorer'"),
        ({"n_steps": -1}, "found -1; allowed: ≥ 0"),
        ({"batch_size": 0}, "found 0; allowed: ≥ 1"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"patience": 0}, "patience"),
        ({"weights_seed": -1}, "weights_seed"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        TrainParams(**options)

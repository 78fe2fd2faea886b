"""Every spelling of a line that DAS, old or new, or its documentation has."""

from __future__ import annotations

import pytest

from oscine.compat.das.grammar import describe, parse
from oscine.compat.das.options import EvaluateOptions, PredictOptions, TrainOptions, TuneOptions
from oscine.compat.das.program import COMMANDS, prepare
from oscine.core.errors import InputError

NEEDED = ["--data-dir", "a.npy"]


def train(line):
    return parse([*NEEDED, *line.split()], TrainOptions)[0]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("", True),
        ("--ignore-boundaries", True),
        ("--no-ignore-boundaries", False),
        ("--ignore-boundaries True", True),
        ("--ignore-boundaries False", False),
        ("--ignore-boundaries=0", False),
        ("--ignore-boundaries f", False),
        ("--ignore-boundaries 1", True),
        ("--ignore_boundaries t", True),
        ("--ignore-b no", False),
        ("--no-ignore-boundaries False", True),
        ("-i", True),
        ("-i False", False),
        ("--ignore-boundaries --tensorboard", True),
    ],
)
def test_spellings_of_a_switch(line, value):
    assert train(line).ignore_boundaries is value


def test_lists():
    assert train("--use-separable True False False").use_separable == (True, False, False)
    assert train("-u 1 --dilations 1 2 4").use_separable == (True,)
    assert train("-u 1 --dilations 1 2 4").dilations == (1, 2, 4)
    assert train("--use-separable --nb-hist 3").use_separable == ()
    assert train("--post-opt-nb-workers -1").post_opt_nb_workers == -1


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("--nb-kernels 7", "nb_filters", 7),
        ("--pre-nb-conv 4", "nb_pre_conv", 4),
        ("--wandb-token abc", "wandb_api_token", "abc"),
        ("--fill-gaps-min 0.2", "post_opt_fill_gaps_min", 0.2),
        ("--min-len-steps 3", "post_opt_min_len_steps", 3),
        ("-k 5", "kernel_size", 5),
        ("-k5", "kernel_size", 5),
        ("-f 0.5", "fraction_data", 0.5),
        ("-m tcn_stft", "model_name", "tcn_stft"),
        ("--learning 1e-3", "learning_rate", 1e-3),
        ("--learning-rate None", "learning_rate", None),
        ("-x a -y b", "y_suffix", "b"),
        ("-w False", "with_y_hist", False),
        ("-t", "tensorboard", True),
    ],
)
def test_other_names(line, name, value):
    assert getattr(train(line), name) == value


def test_what_does_nothing_is_told():
    for option in (
        "--pre-kernel-size 5",
        "--neptune-api-token x",
        "--nb-stacks 3",
        "--no-batch-norm",
        "--log-messages",
    ):
        options, warnings = parse([*NEEDED, *option.split()], TrainOptions)
        assert len(warnings) == 1
        assert option.split()[0] in warnings[0]
        assert options.nb_conv == 3


def test_defaults_are_those_of_das():
    options = train("")
    assert (options.nb_filters, options.kernel_size, options.nb_conv, options.nb_hist) == (16, 16, 3, 1024)
    assert (options.nb_epoch, options.batch_size, options.reduce_lr_patience) == (400, 32, 5)
    predict, _ = parse(["a.wav", "model", "--event-dist-max", "inf"], PredictOptions)
    assert (predict.event_thres, predict.event_dist, predict.segment_thres) == (0.5, 0.01, 0.5)
    assert predict.event_dist_max is None
    assert predict.save_format == "csv"
    assert parse(["m", "0"], EvaluateOptions)[0].verbose == 0
    assert parse([*NEEDED, "--nb-tune-trials", "5"], TuneOptions)[0].nb_tune_trials == 5


def test_short_names_of_predict():
    options, _ = parse(["-b", "4", "-v", "0", "-r", "False", "a.wav", "m"], PredictOptions)
    assert (options.batch_size, options.verbose, options.resample) == (4, 0, False)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--kernal-size 3", "unknown option; found '--kernal-size'.*Did you mean '--kernel-size'"),
        ("-q", "unknown option; found '-q'"),
        ("--nb 3", "may be one of several options.*--nb-conv"),
        ("--nb-conv", "needs a value; found '--nb-conv'"),
        ("--nb-conv x", "option nb-conv is not a whole number"),
        ("--nb-conv 0", "option nb-conv is out of range; found '0'; allowed: ≥ 1"),
        ("--learning-rate -1", "option learning-rate is out of range"),
        ("--no-nb-conv", "unknown option"),
        ("--tensorboard=maybe", "neither on nor off"),
        ("stray", "a word too many; found 'stray'"),
    ],
)
def test_what_cannot_be(line, message):
    with pytest.raises(InputError, match=message):
        train(line)


def test_what_is_missing():
    with pytest.raises(InputError, match="--data-dir is missing"):
        parse([], TrainOptions)
    with pytest.raises(InputError, match="MODEL_SAVE_NAME is missing"):
        parse(["a.wav"], PredictOptions)


def test_help(capsys):
    assert prepare([]) is None
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)
    for name, command in COMMANDS.items():
        assert prepare([name, "--help"]) is None
        shown = capsys.readouterr().out
        assert all(flag in shown for flag in describe(command.options))
    with pytest.raises(InputError, match="Did you mean 'train'"):
        prepare(["trian"])

"""vak's TOML files: read in both forms, translated value for value, and run to the end."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import soundfile

from oscine.compat.vak.assigned import draw_files
from oscine.compat.vak.commands import learning_curve_params
from oscine.compat.vak.config import Config
from oscine.compat.vak.data import dataset_of, labels_of
from oscine.compat.vak.networks import segment_params, train_params
from oscine.compat.vak.program import prepare
from oscine.core.errors import InputError
from oscine.core.monitor import SILENT, Monitor

RATE = 8000

NEW = """
[vak.prep]
dataset_type = "frame classification"
input_type = "spect"
data_dir = "{folder}"
output_dir = "{folder}/prep"
audio_format = "wav"
annot_format = "simple-seq"
labelset = "ab"
train_dur = 16
val_dur = 4
test_dur = 4
train_set_durs = [ 4, 8 ]
num_replicates = 2

[vak.prep.spect_params]
fft_size = 128
step_size = 64
freq_cutoffs = [ 200, 3000 ]

[vak.learncurve]
standardize_frames = true
batch_size = 4
num_epochs = 1
val_step = 2
ckpt_step = 200
patience = 1
num_workers = 16
root_results_dir = "{folder}/results"

[vak.learncurve.post_tfm_kwargs]
majority_vote = true
min_segment_dur = 0.02

[vak.learncurve.dataset]
params = {{ window_size = 44 }}

[vak.learncurve.model.TweetyNet.network]
conv1_filters = 4
conv1_kernel_size = [3, 5]
conv2_filters = 4
conv2_kernel_size = [3, 5]
pool1_size = [4, 1]
pool1_stride = [4, 1]
pool2_size = [4, 1]
pool2_stride = [4, 1]
hidden_size = 4

[vak.learncurve.model.TweetyNet.optimizer]
lr = 0.005

[vak.learncurve.model.TweetyNet.loss]
name = "ce-tmse"

[vak.learncurve.trainer]
accelerator = "cpu"
"""

OLD = """
[PREP]
labelset = "0123456789"
data_dir = "{folder}"
audio_format = "wav"
annot_format = "yarden"
test_dur = 400
train_dur = 900
val_dur = 80

[SPECT_PARAMS]
fft_size = 512
step_size = 64

[LEARNCURVE]
models = "TweetyNet"
train_set_durs = [ 30, 45, 75, 120, 180, 480, 600,]
num_replicates = 10
normalize_spectrograms = true
batch_size = 8
num_epochs = 50
val_step = 400
patience = 4
device = "cuda"
root_results_dir = "./results"

[DATALOADER]
window_size = 176

[TweetyNet.optimizer]
lr = 0.001

[TweetyNet.network]
hidden_size = 256
"""


def tones(folder, *, seconds=4.0, n=8, foreign=()):
    """Sounds of two pitches, with crowsetta's simple-seq beside them."""
    times = np.arange(round(seconds * RATE)) / RATE
    for number in range(n):
        random = np.random.default_rng(number)
        sound, rows = 0.001 * random.normal(size=len(times)), []
        for place, onset in enumerate(np.arange(0.1, seconds - 0.3, 0.3)):
            label = "ab"[place % 2] if not (number in foreign and place == 2) else "x"
            inside = (times >= onset) & (times < onset + 0.15)
            sound[inside] += 0.2 * np.sin(2 * np.pi * {"a": 500, "b": 1500, "x": 2500}[label] * times[inside])
            rows.append(f"{onset:.4f},{onset + 0.15:.4f},{label}")
        soundfile.write(folder / f"{number}.wav", sound.astype(np.float32), RATE)
        (folder / f"{number}.wav.csv").write_text("\n".join(["onset_s,offset_s,label", *rows]) + "\n")
    return folder


def written(folder, text, name="config.toml"):
    path = folder / name
    path.write_text(text.format(folder=folder))
    return path


class Heard(Monitor):
    """Keeps what it is told."""

    def __init__(self):
        super().__init__()
        self.warnings, self.messages = [], []

    def warning(self, text):
        self.warnings.append(text)

    def message(self, text):
        self.messages.append(text)


def test_values_of_a_file_of_vak_1_become_ours(tmp_path):
    config = Config.load(written(tmp_path, NEW))
    params = learning_curve_params(config, "TweetyNet", RATE, SILENT)
    assert params.durations == (4.0, 8.0)
    assert params.n_replicates == 2
    assert params.raw
    assert params.segment.decoder.plugin_name == "majority"
    assert params.segment.decoder.min_duration == 0.02
    train = params.train
    assert train.architecture.plugin_name == "tweetynet"
    assert train.architecture.padding == "zeros"
    assert train.architecture.conv_filters == (4, 4)
    assert train.architecture.conv_kernel == (5, 3)  # vak's is (frequency, time)
    assert train.architecture.conv_pool == 4
    assert train.architecture.hidden_size == 4
    spectrogram = train.architecture.representation
    assert (spectrogram.window * RATE, spectrogram.stride * RATE) == (128, 64)
    assert (spectrogram.low, spectrogram.high, spectrogram.scale) == (200, 3000, "power")
    assert train.window == pytest.approx(44 * 64 / RATE)
    assert (train.n_epochs, train.n_steps) == (44, None)
    assert (train.batch_size, train.learning_rate, train.period, train.patience) == (4, 0.005, 2, 1)
    assert (train.smoothing.plugin_name, train.smoothing.weight) == ("tmse", 0.15)
    assert train.loss.plugin_name == "cross-entropy"
    assert not train.loss.balanced
    assert train.device == "cpu"
    assert train.criterion == "frame-error"


def test_values_of_a_file_of_vak_0_become_ours(tmp_path):
    config = Config.load(written(tmp_path, OLD))
    assert config.old
    params = learning_curve_params(config, "TweetyNet", 32000.0, SILENT)
    assert params.durations == (30, 45, 75, 120, 180, 480, 600)
    assert params.n_replicates == 10
    assert not params.raw
    assert params.train.window == pytest.approx(0.352)
    assert params.train.architecture.hidden_size == 256
    assert params.train.smoothing.weight == 0
    assert params.train.n_epochs == 50 * 176
    assert params.train.learning_rate == 0.001
    assert params.train.device == "auto"
    assert labels_of(config) == list("0123456789")


def test_networks_of_the_poster_are_known(tmp_path):
    text = (
        OLD.replace('models = "TweetyNet"', 'model = "ConvTemporalConvNet"')
        .replace(
            "[TweetyNet.network]\nhidden_size = 256",
            "[ConvTemporalConvNet.network]\nout_channels = 32\nkernel_size = 2\nnum_layers = 8\n"
            '[ConvTemporalConvNet.loss]\nname = "ce-gstmse"',
        )
        .replace("[TweetyNet.optimizer]", "[ConvTemporalConvNet.optimizer]")
    )
    params = train_params(Config.load(written(tmp_path, text)), "learncurve", "ConvTemporalConvNet", 32000.0, SILENT)
    assert params.architecture.plugin_name == "conv-tcn"
    assert (params.architecture.n_filters, params.architecture.n_layers) == (32, 8)
    assert params.smoothing.plugin_name == "gaussian-tmse"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("batch_size = 4", "batchsize = 4", "unknown key of .vak.learncurve.*batch_size"),
        ('dataset_type = "frame classification"', 'dataset_type = "parametric umap"', "dataset_type"),
        ('audio_format = "wav"', 'spect_format = "mat"', "audio_format: networks here begin with sound"),
        ("hidden_size = 4", "hiden_size = 4", "hiden_size.*hidden_size"),
        ("pool2_size = [4, 1]", "pool2_size = [8, 1]", "pooling"),
        ('name = "ce-tmse"', 'name = "ctc"', "loss.name"),
        ("lr = 0.005", "lr = -1", "optimizer.lr"),
        ("params = {{ window_size = 44 }}", "params = {{ }}", "window_size"),
        ("train_set_durs = [ 4, 8 ]", "", "train_set_durs"),
        ("num_replicates = 2", "num_replicates = 0", "num_replicates"),
        ('labelset = "ab"', "labelset = 3", "labelset"),
        ("fft_size = 128", "fft_size = 1.5", "fft_size"),
        ("train_dur = 16", "train_dur = 160", "not as much sound"),
        ('annot_format = "simple-seq"', 'annot_format = "simple"', "annot_format: is unknown"),
        ("model.TweetyNet.network", "model.ConvEncoderUMAP.network", "ConvEncoderUMAP"),
        ("TweetyNet", "TwoTone", "TwoTone"),
        ("[vak.learncurve.trainer]", "[vak.lerncurve]", "unknown table of vak.*learncurve"),
        ('data_dir = "{folder}"', "data_dir = 3", "data_dir: is missing, or no text"),
        ("freq_cutoffs = [ 200, 3000 ]", 'freq_cutoffs = ["a", 3000]', "freq_cutoffs: is not two frequencies"),
        ("conv1_kernel_size = [3, 5]", "conv1_kernel_size = 3", "conv1_kernel_size: is none; found 3"),
        ("conv1_filters = 4", 'conv1_filters = "4"', "conv1_filters: is none"),
        ('name = "ce-tmse"', 'name = "ce-tmse"\nlmbda = "much"', "loss.lmbda: is no weight"),
        ("params = {{ window_size = 44 }}", "params = 3", "is not a table; found 'learncurve.dataset.params = 3'"),
        (
            "[vak.learncurve.trainer]",
            "[vak.learncurve.model]\nB = 3\n[vak.learncurve.trainer]",
            "model.B: is not a table",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(tmp_path, old, new, said):
    tones(tmp_path)
    assert old in NEW
    path = written(tmp_path, NEW.replace(old, new))
    with pytest.raises(InputError, match=f"(?s){said}") as caught:
        prepare(["learncurve", str(path), "--quiet"]).run(SILENT)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "results").exists()


def test_a_file_that_is_none_of_vaks_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a configuration of vak"):
        Config.load(written(tmp_path, "a = 1"))
    with pytest.raises(InputError, match=r"no table .vak.eval"):
        Config.load(written(tmp_path, NEW)).table("eval")
    with pytest.raises(InputError, match="Did you mean 'learncurve'"):
        prepare(["lerncurve", "a.toml"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vak.prep = 3", "is not a table; found 'prep = 3'"),
        ("DATALOADER = 3\n[TRAIN]\nmodels = 'TweetyNet'", "is not a table; found 'DATALOADER = 3'"),
        ("TRAIN = 3", "is not a table; found 'TRAIN = 3'"),
        ("[TRAIN]\nmodels = 3", "names no models; found 'models = 3'"),
        ("[vak.train]\ntrainer = 'gpu'", "is not a table; found \"train.trainer = 'gpu'\""),
        ("[vak.eval]\npost_tfm_kwargs = 3", "is not a table; found 'eval.post_tfm_kwargs = 3'"),
        ("[vak.prep]\nlabelset = 'ab'", "data_dir: is missing"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, text, said):
    with pytest.raises(InputError, match=said) as caught:
        Config.load(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_clean_up_without_majority_is_a_shortest_duration(tmp_path):
    config = Config.load(written(tmp_path, NEW.replace("majority_vote = true", "majority_vote = false")))
    params = segment_params(config, "learncurve")
    assert (params.decoder.plugin_name, params.min_duration) == ("maximum", 0.02)


def test_a_logarithm_is_one_and_what_is_left_out_is_said(tmp_path):
    text = NEW.replace("freq_cutoffs", 'transform_type = "log_spect"\nthresh = 6.25\nfreq_cutoffs')
    heard = Heard()
    params = train_params(Config.load(written(tmp_path, text)), "learncurve", "TweetyNet", RATE, heard)
    assert params.architecture.representation.scale == "log"
    assert "thresh" in heard.warnings[0]


def test_parts_are_whole_files_that_hold_every_label_and_foreign_labels_cost_their_file(tmp_path):
    tones(tmp_path, foreign=(3,))
    heard = Heard()
    dataset = dataset_of(Config.load(written(tmp_path, NEW)), "learncurve", heard)
    assert set(dataset.parts) == {"train", "validation", "test"}
    for part in dataset.parts.values():
        assert set(part.to_pandas()["label"]) == {"a", "b"}
    names = [name for part in dataset.parts.values() for name in part.recordings if len(part.select(recordings=[name]))]
    assert len(names) == len(set(names))
    assert "3.wav" not in names
    assert any("1 of 8 files are left out" in text and "(x)" in text for text in heard.warnings)


def test_files_are_drawn_by_a_seed_and_the_rest_may_go_to_a_part():
    durations = {f"{n}": 10.0 for n in range(10)}
    labels = {name: {"a"} for name in durations}
    wished = {"train": -1.0, "validation": 15.0, "test": 25.0}
    drawn = draw_files(durations, labels, wished, seed=1)
    assert drawn == draw_files(durations, labels, wished, seed=1)
    counts = pd.Series(drawn).value_counts()
    assert (counts["train"], counts["validation"], counts["test"]) == (5, 2, 3)
    with pytest.raises(InputError, match="fewer files than there are parts; found 'r in 1 files'"):
        draw_files(durations, {**labels, "0": {"a", "r"}}, wished)


def test_a_learning_curve_runs_to_its_end_and_resumes(tmp_path, monkeypatch):
    monkeypatch.setattr("oscine.training.many._slots", lambda params: 1)  # processes take long to begin
    tones(tmp_path)
    path = written(tmp_path, NEW)
    assert prepare(["learncurve", str(path)]).run(SILENT) == 0
    table = pd.read_csv(tmp_path / "results" / "config" / "learning_curve.csv")
    assert list(table.columns[:2]) == ["train_dur", "replicate_num"]
    assert table["train_dur"].tolist() == [4, 4, 8, 8]
    assert {"avg_acc", "avg_character_error_rate", "avg_character_error_rate_tfm"} <= set(table.columns)
    assert (tmp_path / "results" / "config" / "learning_curve.pdf").is_file()
    assert path.read_text() == NEW.format(folder=tmp_path)  # vak would have rewritten it
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("best_model.safetensors")}
    assert prepare(["learncurve", str(path)]).run(SILENT) == 0
    assert before == {file: file.stat().st_mtime_ns for file in tmp_path.rglob("best_model.safetensors")}


def test_training_judging_and_predicting_use_the_same_words(tmp_path):
    tones(tmp_path)
    trained = NEW.partition("[vak.learncurve]")
    train = trained[0] + (trained[1] + trained[2]).replace("vak.learncurve", "vak.train").replace(
        "[vak.train.post_tfm_kwargs]\nmajority_vote = true\nmin_segment_dur = 0.02\n", ""
    )
    assert prepare(["train", str(written(tmp_path, train, "train.toml"))]).run(SILENT) == 0
    model = tmp_path / "results" / "train" / "best_model.safetensors"
    rest = """
[vak.{command}]
checkpoint_path = "{model}"
output_dir = "{folder}/results"
batch_size = 1
{more}
[vak.{command}.model.TweetyNet]
"""
    prep = NEW.partition("[vak.learncurve]")[0]
    for command, more in (
        ("eval", "post_tfm_kwargs = {majority_vote = true, min_segment_dur = 0.01}"),
        ("predict", 'annot_csv_filename = "found.csv"\nmin_segment_dur = 0.01'),
    ):
        text = prep.format(folder=tmp_path) + rest.format(command=command, model=model, folder=tmp_path, more=more)
        (tmp_path / f"{command}.toml").write_text(text)
        assert prepare([command, str(tmp_path / f"{command}.toml")]).run(SILENT) == 0
    row = pd.read_csv(tmp_path / "results" / "eval_TweetyNet.csv")
    assert len(row) == 1
    assert {"avg_acc", "avg_acc_tfm", "avg_character_error_rate_tfm"} <= set(row.columns)
    found = pd.read_csv(tmp_path / "results" / "found.csv")
    assert {"label", "onset_s", "offset_s", "notated_path"} <= set(found.columns)


def test_a_checkpoint_of_vaks_is_refused_with_a_cure(tmp_path):
    tones(tmp_path, n=2)
    prep = NEW.partition("[vak.learncurve]")[0].format(folder=tmp_path)
    path = tmp_path / "eval.toml"
    path.write_text(prep + '[vak.eval]\ncheckpoint_path = "max-val-acc-checkpoint.pt"\n[vak.eval.model.TweetyNet]\n')
    with pytest.raises(InputError, match=r"pickle.*oscine vak train"):
        prepare(["eval", str(path)]).run(SILENT)


def test_a_dataset_that_vak_prepared_keeps_its_parts(tmp_path):
    tones(tmp_path)
    folder = tmp_path / "x-vak-frame-classification-dataset-generated-240101_000000"
    folder.mkdir()
    splits = ["train", "train", "train", "val", "test", "train", "None", "train"]
    rows = [
        {"audio_path": f"{n}.wav", "annot_path": f"{n}.wav.csv", "annot_format": "simple-seq", "split": split}
        for n, split in enumerate(splits)
    ]
    pd.DataFrame(rows).to_csv(folder / "x_prep_240101_000000.csv", index=False)
    text = NEW.replace("params = {{", f'path = "{folder.name}"\nparams = {{{{')
    dataset = dataset_of(Config.load(written(tmp_path, text)), "learncurve", SILENT)
    assert [part.recordings for part in dataset.parts.values()][1:] == [["3.wav"], ["4.wav"]]
    assert dataset.train.recordings == ["0.wav", "1.wav", "2.wav", "5.wav", "7.wav"]


def test_help_names_every_command(capsys):
    assert prepare(["--help"]) is None
    text = capsys.readouterr().out
    assert all(name in text for name in ("prep", "train", "eval", "predict", "learncurve"))


REAL = """
[vak.prep]
data_dir = "{folder}"
output_dir = "{folder}/prep"
audio_format = "{audio}"
annot_format = "{kind}"
{more}
[vak.train]
batch_size = 8
num_epochs = 1
root_results_dir = "{folder}/results"
[vak.train.dataset]
params = {{ window_size = 88 }}
[vak.train.model.TweetyNet]
"""


def real(folder, name, **values):
    path = folder / name
    path.write_text(REAL.format(folder=folder, **values))
    return Config.load(path)


def test_annotations_of_koumuras_xml_and_of_das_are_read(data, tmp_path):
    for number in (0, 1, 10):
        for suffix in (".wav", "_annotations.csv"):
            name = f"{number}{suffix}"
            (tmp_path / name).write_bytes((data / "bengalese_finch" / "train" / name).read_bytes())
    (tmp_path / "Annotation.xml").write_bytes((data / "formats" / "birdsong-recognition-Annotation.xml").read_bytes())
    file = f'annot_file = "{tmp_path}/Annotation.xml"\n'
    every = 'labelset = "0123456789"\n'  # three files are too few for parts that hold every label
    xml = dataset_of(real(tmp_path, "a.toml", audio="wav", kind="birdsongrec", more=file + every), "train", SILENT)
    csv = dataset_of(real(tmp_path, "b.toml", audio="wav", kind="das", more=every), "train", SILENT)
    for dataset in (xml, csv):
        assert set(dataset.parts) == {"train"}
        assert len(dataset.names()) == 3
    counts = [dataset.counts().drop(index="background").sum().sum() for dataset in (xml, csv)]
    assert counts[0] == pytest.approx(counts[1], rel=0.1)  # the papers differ in some syllables


def test_annotations_of_evsonganaly_are_read(data, tmp_path):
    for file in (data / "formats").glob("or60yw70*"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = real(tmp_path, "a.toml", audio="cbin", kind="notmat", more='labelset = ["-"]')
    heard = Heard()
    dataset = dataset_of(config, "train", heard)
    assert len(dataset.train) == 1
    params = train_params(config, "train", "TweetyNet", dataset.sample_rates()[0], SILENT)
    assert params.window == pytest.approx(88 * 64 / 32000)
    assert params.learning_rate == 0.003

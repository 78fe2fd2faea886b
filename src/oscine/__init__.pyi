# The public names, in the order of the workflow: the one list of them. `oscine/__init__.py` imports each when it is
# first used, type checkers and editors read them here.

from .annotations.annotations import Annotations as Annotations
from .annotations.convert import ConvertParams as ConvertParams
from .annotations.convert import convert as convert
from .annotations.coverage import Coverage as Coverage
from .annotations.labels import LabelSet as LabelSet
from .annotations.session import Session as Session
from .core.errors import InputError as InputError
from .core.errors import OscineError as OscineError
from .core.monitor import Monitor as Monitor
from .datasets.dataset import Dataset as Dataset
from .datasets.inspect import Inspection as Inspection
from .datasets.inspect import InspectParams as InspectParams
from .datasets.inspect import inspect as inspect
from .datasets.prepare import PrepareParams as PrepareParams
from .datasets.prepare import prepare as prepare
from .demonstration import DemoParams as DemoParams
from .demonstration import demo as demo
from .detection.detect import DetectParams as DetectParams
from .detection.detect import detect as detect
from .detection.detectors.envelope import Envelope as Envelope
from .detection.detectors.time_frequency import TimeFrequency as TimeFrequency
from .evaluation.evaluate import EvaluateParams as EvaluateParams
from .evaluation.evaluate import evaluate as evaluate
from .evaluation.evaluation import Evaluation as Evaluation
from .evaluation.info import info as info
from .evaluation.misses import MissesParams as MissesParams
from .evaluation.misses import misses as misses
from .evaluation.mistakes import MistakesParams as MistakesParams
from .evaluation.mistakes import mistakes as mistakes
from .figures.confusion_matrix import plot_confusion_matrix as plot_confusion_matrix
from .figures.dataset_examples import plot_dataset_examples as plot_dataset_examples
from .figures.dataset_labels import plot_dataset_labels as plot_dataset_labels
from .figures.ethogram import plot_ethogram as plot_ethogram
from .figures.learning_curves import plot_learning_curves as plot_learning_curves
from .figures.precision_recall import plot_precision_recall as plot_precision_recall
from .figures.report import Report as Report
from .figures.tuning import plot_tuning as plot_tuning
from .networks.architectures.songexplorer import SongExplorer as SongExplorer
from .networks.export import ExportParams as ExportParams
from .networks.export import export as export
from .networks.frontends.mel_cepstrum import MelCepstrum as MelCepstrum
from .networks.frontends.spectrogram import Spectrogram as Spectrogram
from .networks.frontends.waveform import Waveform as Waveform
from .networks.model import Model as Model
from .prediction.predict import PredictParams as PredictParams
from .prediction.predict import predict as predict
from .prediction.scores import Scores as Scores
from .prediction.segment import SegmentParams as SegmentParams
from .prediction.segment import segment as segment
from .recordings.recording import Recording as Recording
from .recordings.recordings import Recordings as Recordings
from .recordings.spectrogram import SpectrogramParams as SpectrogramParams
from .recordings.spectrogram import spectrogram as spectrogram
from .training.run import Run as Run
from .training.search import Search as Search
from .training.train import TrainParams as TrainParams
from .training.train import train as train
from .training.tune import TuneParams as TuneParams
from .training.tune import tune as tune

OPERATIONS: dict[str, str]
__version__: str

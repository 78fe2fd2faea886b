"""TweetyNet: convolutions of the spectrogram, and a recurrent layer that reads them forwards and backwards."""

from __future__ import annotations

from torch import Tensor, nn

from oscine.networks.frontend import Geometry
from oscine.networks.layers.framewise import FramewiseNetwork, cropped
from oscine.networks.layers.pooled_convolutions import PooledConvolutions
from oscine.networks.specification import Specification


class TweetyNetwork(FramewiseNetwork):
    """Pooled convolutions, long short-term memory, and a score of each label in each step.

    Parameters
    ----------
    specification, front_end, geometry
        As for `FramewiseNetwork`.
    convolutions
        Of the spectrogram.
    hidden_size, n_layers, bidirectional
        Of the recurrence.
    dropout
        Share of the values that are zeroed at random while training, behind each recurrent layer.
    warm_up
        Steps of sound before the first frame, and after the last one where it reads backwards too, that the recurrence
        runs through and gives no frame for; nothing where the convolutions pad with zeros.
    """

    is_exact = False
    sees_all = True

    def __init__(
        self,
        specification: Specification,
        front_end: nn.Module,
        geometry: Geometry,
        *,
        convolutions: PooledConvolutions,
        hidden_size: int,
        n_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.0,
        warm_up: int = 0,
    ) -> None:
        warm_up = 0 if convolutions.zeros else warm_up
        spare = (warm_up, warm_up if bidirectional else 0)
        before, after = convolutions.reach
        reach = (before + spare[0], after + spare[1])
        super().__init__(specification, front_end, geometry, reach=reach, field=convolutions.field)
        self.is_windowed, self.spare = convolutions.zeros, spare
        self.convolutions = convolutions
        self.recurrence = nn.LSTM(
            convolutions.n_features,
            hidden_size,
            num_layers=n_layers,
            dropout=dropout if n_layers > 1 else 0.0,  # torch's is between the layers only
            bidirectional=bidirectional,
        )
        self.dropout = nn.Dropout(dropout)
        self.scores = nn.Linear(hidden_size * (2 if bidirectional else 1), specification.n_outputs)

    def body(self, features: Tensor, hidden: list[Tensor] | None = None) -> Tensor:
        """Logits (batch, label, frame) of standardised features (batch, map, frequency, time)."""
        early: list[Tensor] = []
        x = self.convolutions(features, None if hidden is None else early)
        states, _ = self.recurrence(x.permute(2, 0, 1))  # (time, batch, feature)
        states = states[self.spare[0] : states.shape[0] - self.spare[1]]
        if hidden is not None:
            hidden.extend(cropped(layer, self.spare) for layer in early)
            hidden.append(states.permute(1, 2, 0).unsqueeze(2))
        logits: Tensor = self.scores(self.dropout(states)).permute(1, 2, 0)
        return logits

    def layer_facts(self) -> list[str]:
        """A line on each of its parts."""
        layer = self.recurrence
        ways = "both ways" if layer.bidirectional else "forwards"
        return [
            *self.convolutions.layer_facts(),
            f"recurrence       {layer.num_layers} layer(s) of {layer.hidden_size}, {ways}, over {layer.input_size} "
            f"features; {self.spare[0]} step(s) of warm-up",
        ]

"""Parameter files of DAS: tuples and numbers of NumPy are plain values, and nothing else is made."""

from __future__ import annotations

import pytest

from oscine.core.errors import InputError
from oscine.networks.keras_files.plain_yaml import parse_plain_yaml, read_params

NUMBERS = """\
rate: !!python/object/apply:numpy.core.multiarray.scalar
- !!python/object/apply:numpy.dtype &id001
  args: [f8, false, true]
  state: !!python/tuple [3, <, null, null, null, -1, -1, 0]
- !!binary |
  AAAAAACIw0A=
again: !!python/object/apply:numpy._core.multiarray.scalar
- *id001
- !!binary |
  AAAAAADwPwA=
flag: !!python/object/apply:numpy.core.multiarray.scalar
- !!python/object/apply:numpy.dtype
  args: [b1, false, true]
  state: !!python/tuple [3, '|', null, null, null, -1, -1, 0]
- !!binary AQ==
count: !!python/object/apply:numpy.core.multiarray.scalar
- !!python/object/apply:numpy.dtype
  args: [i2, false, true]
  state: !!python/tuple [3, '>', null, null, null, -1, -1, 0]
- !!binary AQI=
"""


def test_numbers_and_tuples():
    values = parse_plain_yaml(NUMBERS)
    assert values["rate"] == 10000.0
    assert type(values["rate"]) is float
    assert values["flag"] is True
    assert values["count"] == 258
    assert parse_plain_yaml("a: !!python/tuple [1, !!python/tuple [2]]") == {"a": [1, [2]]}


@pytest.mark.parametrize(
    "value",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/object/new:os.system ['true']",
        "!!python/object:oscine.core.errors.InputError {}",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/object/apply:numpy.dtype {args: [O8, false, true], state: [3, '|']}",
        "!!python/object/apply:numpy.dtype [f8]",
        "!!python/object/apply:numpy.core.multiarray.scalar [f8, !!binary AAA=]",
        "!!python/object/apply:numpy.core.multiarray._reconstruct [1]",
        "!!python/tuple text",
        "!other 1",
    ],
)
def test_no_other_object_is_made(value):
    with pytest.raises(InputError, match="line 2: this file asks for a Python object, which is never made") as caught:
        parse_plain_yaml(f"a: 1\nb: {value}\n")
    assert "\n" not in str(caught.value)


def test_bytes_of_another_length():
    with pytest.raises(InputError, match="asks for a Python object"):
        parse_plain_yaml(NUMBERS.replace("AAAAAACIw0A=", "AAAA"))


@pytest.mark.parametrize("text", ["a: [1", "a: b: c", "\ta: 1", "a: 2020-99-99", "{[1]: 2}", "[" * 3000, "\x00"])
def test_what_is_not_yaml(text):
    with pytest.raises(InputError, match="this is not YAML"):
        parse_plain_yaml(text)


def test_params(tmp_path):
    path = tmp_path / "x_params.yaml"
    path.write_text("nb_kernels: 8\nnb_filters: null\npre_nb_conv: 2\n")
    values = read_params(path)
    assert (values["nb_filters"], values["nb_pre_conv"]) == (8, 2)
    path.write_text("nb_kernels: null\nnb_filters: 3\n")
    assert read_params(path)["nb_filters"] == 3


def test_files_that_are_no_params(tmp_path):
    path = tmp_path / "x_params.yaml"
    with pytest.raises(InputError, match="cannot be read"):
        read_params(path)
    for content, message in (
        (b"- 1\n", "not a parameter file"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"", "not a par"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_params(path)

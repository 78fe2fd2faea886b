from __future__ import annotations

import threading
import time

import pytest

from oscine.training.ahead import Ahead


def test_values_are_those_of_the_function_in_any_order():
    with Ahead(lambda number: number * 2, last=10) as double:
        assert [double(number) for number in (0, 1, 2, 7, 8, 3, 9)] == [0, 2, 4, 14, 16, 6, 18]


def test_the_next_one_is_computed_meanwhile_in_another_thread():
    asked, threads = [], set()

    def function(number):
        asked.append(number)
        threads.add(threading.current_thread())
        return number

    with Ahead(function, last=3) as ahead:
        ahead(0)
        for _ in range(100):
            if asked == [0, 1]:
                break
            time.sleep(0.01)
        assert asked == [0, 1]
        ahead(1), ahead(2)
    assert asked == [0, 1, 2]  # nothing beyond the last
    assert threading.current_thread() not in threads
    assert len(threads) == 1


def test_errors_come_where_the_value_is_asked_for():
    with Ahead(lambda number: 1 / (number - 1), last=5) as ahead:
        assert ahead(0) == -1
        with pytest.raises(ZeroDivisionError):
            ahead(1)
        assert ahead(2) == 1

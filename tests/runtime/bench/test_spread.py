import pytest

from digits.bench.spread import Spread, percentiles, spread


def test_quartiles_of_samples() -> None:
    assert spread([3, 1, 2, 5, 4]) == Spread(3, 2, 4, 1, 5)


def test_one_sample_has_no_spread() -> None:
    assert spread([7.5]) == Spread(7.5, 7.5, 7.5, 7.5, 7.5)


def test_no_samples() -> None:
    with pytest.raises(ValueError, match="unpack"):
        spread([])


def test_percentiles_are_values_that_occurred() -> None:
    samples = [float(value) for value in range(1, 1002)]
    found = percentiles(samples, (0, 50, 99, 99.9, 100))
    assert found == {0: 1, 50: 501, 99: 991, 99.9: 1000, 100: 1001}


def test_ranges_overlap_where_one_sample_lies_among_the_others() -> None:
    assert spread([1, 2, 3]).overlaps(spread([3, 4, 5]))
    assert spread([1, 9]).overlaps(spread([3, 4]))
    assert not spread([1, 2, 3]).overlaps(spread([3.1, 4, 5]))

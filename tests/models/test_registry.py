import pytest

from digits.errors import UsageError
from digits_models import registry


def test_a_duplicate_raises():
    with pytest.raises(ValueError, match="'lenet' is registered already"):
        registry.register(registry.get("lenet"))


def test_an_unknown_name_lists_the_known():
    with pytest.raises(UsageError) as raised:
        registry.get("lenet5")
    for name in ("lenet5", *registry.names()):
        assert name in str(raised.value)


@pytest.mark.parametrize("name", registry.names())
def test_every_architecture_says_what_it_is(name: str):
    architecture = registry.get(name)
    assert architecture.name == name
    assert architecture.title
    assert architecture.source
    assert architecture.dataset in ("mnist", "fashion-mnist")
    assert architecture.front == {"mnist": "ink", "fashion-mnist": "photo"}[architecture.dataset]

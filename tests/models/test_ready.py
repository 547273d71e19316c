"""`ink` searches those images of a batch that aren't canvases already, and only those."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from digits_models.front import build_front

pytestmark = pytest.mark.usefixtures("one_thread")


class Counting(nn.Module):
    """A search that remembers how many images it was asked for."""

    def __init__(self, search: nn.Module) -> None:
        super().__init__()
        self.search = search
        self.surface = search.surface
        self.asked: list[int] = []

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        self.asked.append(len(image))
        return self.search(image)


def canvas(place: int = 4) -> np.ndarray:
    """A one that lies as MNIST's do, if `place` is 4: rows from there on."""
    picture = np.zeros((28, 28), np.uint8)
    picture[place : place + 20, 13:16] = 255
    return picture


def stack(*pictures: np.ndarray) -> Tensor:
    return torch.from_numpy(np.repeat(np.stack(pictures)[..., None], 3, 3))


def test_only_what_is_no_canvas_is_searched() -> None:
    front = build_front("ink")
    front.search = counting = Counting(front.search)
    batch = stack(canvas(), 255 - canvas(), canvas(0), canvas(8), canvas())
    with torch.no_grad():
        front(batch)
        front(batch[2:3])
        front(stack(*[canvas()] * 9))
    # The first one always is: not every engine runs an empty batch.
    assert counting.asked == [3, 1, 1]


def test_a_mixed_batch_is_its_images_one_by_one() -> None:
    front = build_front("ink")
    batch = stack(canvas(), 255 - canvas(), canvas(), canvas(8), canvas())
    with torch.no_grad():
        together = front(batch)
        apart = [front(image[None]) for image in batch]
    for index, outputs in enumerate(apart):
        for of_batch, alone in zip(together, outputs, strict=True):
            assert torch.allclose(of_batch[index].float(), alone[0].float(), atol=1e-3), index
    assert (together[0][[0, 2, 4]] == batch[[0, 2, 4], :, :, 0]).all()


def test_a_negative_is_a_canvas() -> None:
    with torch.no_grad():
        light, dark = (build_front("ink")(stack(picture)) for picture in (canvas(), 255 - canvas()))
    for one, other in zip(light, dark, strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-4)
    assert (dark[0][0].numpy() == canvas()).all()


def test_a_canvas_is_described_as_it_lies() -> None:
    with torch.no_grad():
        _, clean, box, evidence = build_front("ink")(stack(canvas()))
    assert (clean[0].numpy() == canvas()).all()
    assert box[0].tolist() == [13, 4, 16, 24]
    contrast, noise, stroke, present, others = evidence[0].tolist()
    assert contrast == pytest.approx(3**0.5, abs=0.01)
    assert (noise, present, others) == (0, 1, 0)
    assert stroke == pytest.approx(3, abs=0.6)

"""The online case: requests from many clients, read in batches by replicas of a Ray Serve app.

    pip install 'digits-edge[cpu]' 'ray[serve]>=2.52,<3'
    serve run serve_digits:app                                   # in this folder
    curl --data-binary @photo.jpg http://127.0.0.1:8000/

One image a request, as the body; the answer is a line of `digits infer --format jsonl` (without the
path), or an error and status 400.
"""

import asyncio
import os
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from digits import Classifier, InputError
from digits.commands.formats import record
from ray import serve

# Bytes of a body: what a phone's photo may have, and far less than a replica's memory.
LARGEST = 20_000_000


@serve.deployment(
    ray_actor_options={"num_cpus": 1},
    max_ongoing_requests=256,  # for each replica; more wait in the proxy,
    max_queued_requests=1000,  # and beyond so many get status 503
)
class Digits:
    """A replica: one classifier, which reads what has come together."""

    def __init__(self, model: str = "lenet") -> None:
        self.classifier = Classifier.load(model, provider="cpu", verify=True)

    async def __call__(self, request: Request) -> JSONResponse:
        """Answer one request."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                return JSONResponse({"error": f"more than {LARGEST // 10**6} MB"}, 413)
        answer = await self.read(bytes(body))
        return JSONResponse(answer, 400 if "error" in answer else 200)

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.002)
    async def read(self, images: list[bytes]) -> list[dict[str, Any]]:
        """Read what came within two milliseconds, at most 64 images."""
        # In a thread: while it reads, the replica goes on taking requests.
        answers = await asyncio.to_thread(self.classifier.predict_many, images, errors="return")
        return [
            {"error": str(answer)} if isinstance(answer, InputError) else told(answer)
            for answer in answers
        ]


def told(answer: Any) -> dict[str, Any]:
    fields = {**record(answer, 1), "probabilities": answer.probabilities.tolist()}
    del fields["path"]
    return fields


app = Digits.options(num_replicas=int(os.environ.get("REPLICAS", "1"))).bind()

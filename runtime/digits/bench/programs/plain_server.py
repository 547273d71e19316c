"""What a tutorial makes of the same model: `WAY MODEL PORT`, one uvicorn process with FastAPI.

The ways: "async" and "def" handlers that call `Classifier.predict`, and "net", which resizes to
28 x 28 with Pillow and runs the network alone, without a front end.
"""

import io
import sys
from typing import Annotated, Any

import uvicorn
from fastapi import Body, FastAPI, Request

from digits import Classifier
from digits.bench.programs.opened import with_onnxruntime
from digits.bundle import open_bundle

Answer = dict[str, Any]


def application(way: str, model: str) -> FastAPI:
    """The application that a tutorial writes."""
    app = FastAPI()
    {"async": _async, "def": _def, "net": _net}[way](app, model)
    return app


def _async(app: FastAPI, model: str) -> None:
    classifier = Classifier.load(model, "cpu")

    @app.post("/predict")
    async def predict(request: Request) -> Answer:
        prediction = classifier.predict(await request.body())
        return {"label": prediction.label, "confidence": prediction.confidence}


def _def(app: FastAPI, model: str) -> None:
    classifier = Classifier.load(model, "cpu")

    @app.post("/predict")
    def predict(data: Annotated[bytes, Body(media_type="application/octet-stream")]) -> Answer:
        prediction = classifier.predict(data)
        return {"label": prediction.label, "confidence": prediction.confidence}


def _net(app: FastAPI, model: str) -> None:
    import numpy as np
    from PIL import Image

    bundle = open_bundle(model)
    classify, labels = with_onnxruntime(bundle.read(bundle.model_file)), bundle.labels

    @app.post("/predict")
    async def predict(request: Request) -> Answer:
        image = Image.open(io.BytesIO(await request.body())).convert("L").resize((28, 28))
        canvas = np.asarray(image, np.uint8)[None]
        (probabilities,) = classify(canvas)
        best = int(probabilities.argmax())
        return {"label": labels[best], "confidence": float(probabilities[best])}


def main(way: str, model: str, port: str) -> None:
    """Serve until told to stop."""
    uvicorn.run(application(way, model), port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])

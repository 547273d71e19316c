"""Ask a running Triton for a bundle's goldens, and print what it answers as JSON.

client.py HTTP-PORT GRPC-PORT MODEL GOLDENS.npz ANSWERS.npz
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import tritonclient.grpc
import tritonclient.http

OUTPUTS = ("probabilities", "canvas", "clean", "box", "evidence")


def main(http, grpc, model, goldens, answers):
    """Ask in every way, and keep the answers by the way, the image and the output."""
    with np.load(goldens) as file:
        images = [file[name] for name in sorted(file) if name.removeprefix("image_").isdigit()]
    ways = {
        "http": (tritonclient.http, tritonclient.http.InferenceServerClient(f"localhost:{http}")),
        "grpc": (tritonclient.grpc, tritonclient.grpc.InferenceServerClient(f"localhost:{grpc}")),
    }
    found = {}
    for way, client in ways.items():
        for place, image in enumerate(images):
            answer = ask(client, model, image[None], OUTPUTS)
            found |= {f"{way}.{place}.{name}": answer.as_numpy(name)[0] for name in OUTPUTS}
    with ThreadPoolExecutor(16) as pool:
        twice = [image for image in images if image.shape == (28, 28, 3)] * 20
        pairs = zip(
            twice, pool.map(lambda one: ask(ways["grpc"], model, one[None]), twice), strict=False
        )
        for place, (image, answer) in enumerate(pairs):
            found |= {f"many.{place}.image": image}
            found |= {f"many.{place}.probabilities": answer.as_numpy("probabilities")[0]}
    np.savez(answers, **found)
    print(json.dumps(told(ways["grpc"], model, images[0])))


def told(client, model, image):
    """What it says of a few special requests."""
    module, _ = client
    subsets = {}
    for wanted in [*((name,) for name in OUTPUTS), ("probabilities", "evidence"), None]:
        answer = ask(client, model, image[None], wanted).get_response()
        subsets[",".join(wanted or ())] = sorted(output.name for output in answer.outputs)
    top = module.InferRequestedOutput("probabilities", class_count=3)
    classes = ask(client, model, image[None], [top]).as_numpy("probabilities")[0]
    refused = {}
    for shape in ((17, 28, 28, 3), (1, 28, 28, 4), (1, 28, 28)):
        try:
            ask(client, model, np.zeros(shape, np.uint8))
        except tritonclient.grpc.InferenceServerException as error:
            refused[str(list(shape))] = error.message()
    return {"subsets": subsets, "classes": [one.decode() for one in classes], "refused": refused}


def ask(client, model, pixels, outputs=("probabilities",)):
    """One request."""
    module, connection = client
    value = module.InferInput("image", list(pixels.shape), "UINT8")
    value.set_data_from_numpy(pixels)
    wanted = outputs and [
        module.InferRequestedOutput(one) if isinstance(one, str) else one for one in outputs
    ]
    return connection.infer(model, [value], outputs=wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])

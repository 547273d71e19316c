"""Reads digits beside other work of an asyncio program: `python embed_async.py IMAGE...`."""

import asyncio
import sys

from digits import Classifier, InputError, Prediction


async def main(paths: list[str]) -> bool:
    """Read images, a few at a time, each as soon as it is its turn."""
    classifier = await asyncio.to_thread(Classifier.load, "lenet")
    turns = asyncio.Semaphore(4)  # more than the cores that there are make each answer later

    async def read(path: str) -> Prediction | InputError:
        async with turns:
            try:
                return await asyncio.to_thread(classifier.predict, path)
            except InputError as error:
                return error

    answers = await asyncio.gather(*map(read, paths))
    for answer in answers:
        if isinstance(answer, InputError):
            print(answer, file=sys.stderr)
        else:
            print(f"{answer.path}: {answer.label or answer.reason} ({answer.confidence:.1%})")
    return any(isinstance(answer, InputError) for answer in answers)


if len(sys.argv) == 1:
    print("usage: python embed_async.py IMAGE...", file=sys.stderr)
    sys.exit(2)
sys.exit(asyncio.run(main(sys.argv[1:])))

"""A complete program that reads digits: `python embed.py IMAGE...`."""

import sys

from digits import Classifier, DigitsError

if len(sys.argv) == 1:
    print("usage: python embed.py IMAGE...", file=sys.stderr)
    sys.exit(2)
failed = False
classifier = Classifier.load("lenet")
for path in sys.argv[1:]:
    try:
        answer = classifier.predict(path)
    except DigitsError as error:
        print(error, file=sys.stderr)
        failed = True
    else:
        print(f"{path}: {answer.label or answer.reason} ({answer.confidence:.1%})")
sys.exit(failed)

"""A complete program that reads digits: `python embed.py IMAGE...`."""

import sys

from digits import Classifier, DigitsError

classifier = Classifier.load("lenet")
for path in sys.argv[1:]:
    try:
        answer = classifier.predict(path)
    except DigitsError as error:
        print(f"{path}: {error}", file=sys.stderr)
    else:
        print(f"{path}: {answer.label} ({answer.confidence:.1%})")

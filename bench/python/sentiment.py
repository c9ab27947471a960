"""How many texts a second VADER's Python reference judges.

Takes a file of `sidecar/src/insight/data/write-golden.py`: one JSON array per line, the text first.
"""

import json
import sys
import time

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

with open(sys.argv[1], encoding="utf-8") as lines:
    texts = [json.loads(line)[0] for line in lines]
analyzer = SentimentIntensityAnalyzer()
began = time.process_time()
for text in texts:
    analyzer.polarity_scores(text)
print(json.dumps({"texts_per_second": len(texts) / (time.process_time() - began)}))

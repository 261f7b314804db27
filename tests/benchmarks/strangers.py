"""How much of sentences from nobody's corpus a run keeps: forty everyday ones, written for this.

    python -m tests.benchmarks.strangers everyday

Corpus BLEU-4 of the reconstruction, over lower-cased words `[a-z0-9']+`, the share of the words of
more than three letters that it keeps, the sentences it keeps word for word: of a single greedy
decode, and of `run.reconstruct` by default; and the mean rate. Never choose a model by it: it is a
test set.
"""

import argparse
import re
from collections import Counter

import numpy as np

from explorer import open_run
from explorer.cli.output import say
from explorer.evaluation.reconstruction import bleu
from explorer.models.decoding_settings import Decoding

SENTENCES = """\
My sister just adopted a three-legged cat named Biscuit.
What time does the pharmacy close on Sundays?
I think pineapple on pizza is totally fine.
Can you please remind me to call the dentist tomorrow morning?
We are driving to Portland next weekend to see my grandparents.
The meeting got moved to 3:30, so I have time for lunch.
I forgot my umbrella again.
Why do dogs tilt their heads when you talk to them?
Honestly, the second movie was much better than the first one.
My boss wants the quarterly report finished by Friday afternoon, and I haven't even started.
It has been raining all week.
Does anyone know how to get red wine out of a carpet?
Our neighbor Carlos plays the trumpet every evening after dinner.
I'm so tired today already.
Please send me the address when you get a chance.
The kids built a huge fort out of couch cushions and blankets.
Next year I want to learn Italian and spend a month in Rome with my wife.
Have you ever seen snow?
I paid 14 dollars for a sandwich at the airport.
The train was late, the coffee was cold, and then I lost my phone too.
My grandmother makes the best apple pie in the whole world.
Could you please turn the music down?
Where did you put the scissors?
I started running in January and finished my first marathon in October.
The quick brown fox jumped over my fence.
Should I buy a house now or wait until prices come down?
She said she would call back, but that was two weeks ago.
There is a strange noise coming from the washing machine whenever it starts to spin.
Let's order Thai food tonight, okay?
Working from home is great until the internet stops working.
My son Daniel turns nine on the 21st of March.
How many people actually read the terms and conditions before clicking accept?
I left the keys under the blue flowerpot by the back door.
The doctor told him to drink less coffee and sleep more.
Is this machine really able to understand what I write?
If the weather stays nice, we might go camping near the lake.
Priya got the job at the hospital and starts on Monday.
Mondays should be illegal, honestly.
Someone parked in my spot again, and I am getting really annoyed.
Could I have a table for four near the window, please?
""".splitlines()

_WORD = re.compile(r"[a-z0-9']+")


def words(text: str) -> list[str]:
    """The lower-cased words of a text."""
    return _WORD.findall(text.lower())


def main() -> None:
    parser = argparse.ArgumentParser(description="Reconstruct forty everyday sentences.")
    parser.add_argument("run", help="a run's name or folder")
    run = open_run(parser.parse_args().run)
    for title, decoding in (("decoded once", Decoding()), ("in a closed loop", None)):
        texts = run.reconstruct(SENTENCES, decoding)
        pairs = [(words(a), words(b)) for a, b in zip(SENTENCES, texts, strict=True)]
        long = [Counter(word for word in a if len(word) > 3) for a, _ in pairs]
        retained = sum(
            (wanted & Counter(b)).total() for wanted, (_, b) in zip(long, pairs, strict=True)
        )
        say(f"{title}:")
        for sentence, text, (a, b) in zip(SENTENCES, texts, pairs, strict=True):
            say(f"{'=' if a == b else ' '} {sentence} → {text}")
        say(f"BLEU {bleu([b for _, b in pairs], [a for a, _ in pairs]):.1f}")
        say(f"words of more than three letters {retained / sum(map(Counter.total, long)):.3f}")
        say(f"word for word {sum(a == b for a, b in pairs)} of {len(pairs)}")
    say(f"rate {np.mean(run.score(SENTENCES)[1]):.1f} nats")


if __name__ == "__main__":
    main()

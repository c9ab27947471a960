"""Writes what Python's VADER says of many texts, one JSON array per line:
[text, compound, positive, neutral, negative].

The golden file that the unit tests read:

    $ python3 -m venv venv && venv/bin/pip install --no-deps vaderSentiment==3.3.2
    $ venv/bin/python write-golden.py > sentiment-golden.jsonl

As many generated texts as wanted, for the bench:

    $ venv/bin/python write-golden.py --generated 20000 --seed 2 > /tmp/generated.jsonl
"""

import argparse
import json
import random
import sys

from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT, NEGATE, SPECIAL_CASES, SentimentIntensityAnalyzer)

WRITTEN = """\

 
\t\n
!
???
...
42
1,299.00 EUR
a
I
no
NO
No!
but
but but but
not
kind of
kind
least
😀
😡😡😡
👍🏽
❤️
❤
😀good
good😀
good 😀 bad
Thanks😊!!
:)
:-(
;D
xD
:'(
</3
<3
Great!
great
GREAT
GREAT!!!
Great!!!!!!!!
Great??
Great???
Great????
Great?!
What?! This is awful?!!
The invoice is attached.
Where can I find the settings page?
I love the new dashboard, it is so much faster than before!
The new dashboard is slow and confusing.
The app crashes every time I open the camera. Very disappointing.
Support answered within five minutes and solved my problem. Thank you so much!
I have been waiting for two weeks and nobody answers. This is unacceptable.
Not bad at all.
Not the worst, not the best.
It's not that I hate it, but I don't love it either.
I can't say that I'm unhappy with the service.
I could not be happier!
Never so good.
It was never this good.
It has never been so terrible here.
Without a doubt the best purchase this year.
Without doubt excellent.
Without any help we were lost.
There is no problem at all.
No problem!
no good
no good deed
No, thank you, I am happy.
No bugs or problems so far.
No bugs nor problems so far.
no love no hate
no no no
NO GOOD at all
not GOOD at all
Nothing good ever comes of it.
It is hardly good and barely usable.
It is kind of good.
It is sort of broken and kind of annoying.
There is just enough good in it.
We were just enough happy with this.
The delivery was the shit.
This update is the bomb, seriously.
He is a bad ass engineer.
That was bad ass
I missed the bus stop again.
Oh yeah right, as if that works.
Well yeah right great
The last update was the kiss of death for us.
This dessert is to die for.
a beating heart of gold
My beating heart loves this.
He had the worst day at the bus stop of death.
It is the least helpful manual I know.
least helpful
the least bad
At least it is helpful.
At least helpful
The very least helpful people
Roger Dodger is one of the least compelling variations on this theme.
The food was good but the service was terrible.
The service was terrible, but the food was good.
Good good good but good good good bad bad bad
Bad, bad, bad, but good. And bad, but good.
BUT it is good
I like it but
The product is great BUT the packaging is a disaster!
love love but love hate hate
The plot was good, but the characters are uncompelling and the dialog is not great.
I really REALLY love this product
I REALLY love this product
i really love THIS PRODUCT
I AM SO HAPPY WITH THIS
I AM SO happy WITH THIS
EXTREMELY good
EXTREMELY bad and SLIGHTLY good
It was SLIGHTLY bad
very very very good
incredibly, unbelievably, totally awesome
It is quite quite quite bad
so good
so so good
this is so not good
This this good
so this great
I so do love it
It isn't so great
It isn't great
It isnt great
It ain't really all that great
It wasn't a really great time
You shouldn't be so sad
don't worry, be happy
Don't you dare hate it
We neither like nor dislike it
Nobody is happy despite the great effort
I rarely enjoy and seldom like it
uh-uh, good
Best. Support. Ever.
best... support... ever...
"great"
(great)
'great'
great/awful
great-awful
great,awful
good/bad
e-mail support is good
co-operative and kind-of friendly
a kind of friendly person
a kind-hearted person
Kind of you to help!
KIND OF good
kind OF good
It's ok.
ok
OK
Meh.
meh
lol
LOL that is hilarious
wtf is this
WTF is this??
omg I love it
sux
Today SUX!
Today only kinda sux! But I'll get by, lol
Make sure you :) or :D today!
Catch utf-8 emoji such as 💘 and 💋 and 😁
Très bien, excellent produit
Café was good, naïve approach bad
L'été c'est cool
Das ist super
ÜBER great
ÄRGER great
ÜBER bad good
Straße GREAT
ẞ GREAT
İstanbul GREAT
ǅ GREAT good
ⅣGREAT good
ΟΔΟΣ is GREAT
我很惊讶地看到VADER是如此有用!
Я удивлен GREAT
great\u00a0awful
great\u2028awful
great\u001cawful
great\u0085awful
great\u200bawful
great\u3000awful
good\tbad\ngood
  good   bad  
\u00a0good
“great”
great…
great!!!\u203c
\u2049 good
©good®bad
:) good :)
:)good
(:
good:)
good :-)) bad :-((
>:( not happy
O_o what
o.o
:D :P XD
n't good
xn'ty good
can't stand it
I can't stand this
fed up with it
screwed up
won't won't won't love
cannot recommend
can not recommend
Would not recommend to my worst enemy
I would highly recommend it
Cheap, but cheerful
not cheap but not bad
It works.
It works!
It doesn't work
It doesn't work!!!
Refund please
I want my money back NOW
Charged twice?? Seriously???
Please cancel my subscription.
Five stars ⭐⭐⭐⭐⭐
1/5 ⭐ terrible
10/10 would buy again 👍
0/10 👎 never again
The screen died after 3 days and the battery exploded
The doctor killed it on stage, great show
Can you please help me? My account is locked and I am worried.
I'm not angry, just disappointed
I am neither angry nor disappointed.
Problem solved, thanks.
problem not solved, no thanks
What a lovely, beautiful, wonderful, fantastic, awesome, brilliant day
What a horrible, terrible, awful, disgusting, dreadful, hateful day
Agent was rude, rude, RUDE!
The agent, who was not very helpful, hung up.
Your competitor is better, cheaper and nicer
Less good than it was. Less bad than I feared.
little good, little bad
almost perfect
almost a perfect disaster
more more more good
most of it is bad
major problem
MAJOR problem
a total failure
utter nonsense
utter joy
doubt
no doubt good
without so doubt good
never good
never ever good
never so very good
never this awfully good
so never good
this never good
GOOD
GOOD GOOD
GOOD bad
1 GOOD
1 GOOD 2
"""

FEEDBACK = """\
The {thing} is {degree} {word}{end}
I {neg} think the {thing} is {word}{end}
{word}, {degree} {word} {thing}, but the {thing} {neg} {word}{end}
Why is the {thing} {word}? It was {degree} {word} before{end}
{emoji} {thing} {word} {emoji}{end}
{neg} {word} {neg} {word} {thing}{end}
My {thing} was {word} and {word}, no {word} or {word}{end}
At {phrase} {word} {thing} with {phrase}{end}
{word} {word} BUT {degree} {word}{end}
The least {word} {thing}, never so {word}, never this {word}{end}
so {word} without doubt {word} this {neg} {word}{end}
Hello, our {thing} {neg} {degree} {word} since Monday. Please help{end}
"""

THINGS = "app invoice delivery support page update price battery screen refund team café".split()
ENDS = ["", ".", "!", "!!", "!!!!!", "?", "??", "????", " :)", " :-(", "...", "?!"]
GLUE = "the a is was and or nor but no so this at least very kind of sort just enough to for".split()


def spelled(chance, word):
    """The word, sometimes in capitals, sometimes in punctuation."""
    form = chance.random()
    if form < 0.12:
        return word.upper()
    if form < 0.2:
        return word.capitalize()
    if form < 0.3:
        return chance.choice(["{}!", "({})", "'{}'", "{},", "*{}*", "{}...", '"{}"']).format(word)
    return word


def generated(chance, analyzer):
    """Endless texts: half from templates, half of words thrown together."""
    charged = sorted(analyzer.lexicon)
    phrases = sorted(SPECIAL_CASES) + ["kind of", "sort of", "just enough"]
    degrees, emoji = sorted(BOOSTER_DICT), sorted(analyzer.emojis)
    common = "good bad great terrible love hate happy sad help problem thanks broken".split()
    bags = [charged, common, degrees, NEGATE, GLUE, GLUE, THINGS, THINGS, phrases]
    templates = FEEDBACK.splitlines()

    def word():
        return spelled(chance, chance.choice(chance.choice([charged, common])))

    while True:
        if chance.random() < 0.5:
            parts = chance.choice(templates).replace("{", "\0{").split("\0")
            fill = {
                "thing": lambda: chance.choice(THINGS), "word": word,
                "degree": lambda: spelled(chance, chance.choice(degrees)),
                "neg": lambda: spelled(chance, chance.choice(NEGATE)),
                "emoji": lambda: chance.choice(emoji), "phrase": lambda: chance.choice(phrases),
                "end": lambda: chance.choice(ENDS),
            }
            text = ""
            for part in parts:
                name, brace, rest = part.partition("}")
                text += fill[name[1:]]() + rest if brace else part
            yield text
        else:
            words = [spelled(chance, chance.choice(chance.choice(bags)))
                     for _ in range(chance.randrange(1, 60 if chance.random() < 0.1 else 16))]
            if chance.random() < 0.15:
                words.insert(chance.randrange(len(words)), chance.choice(emoji))
            yield " ".join(words) + chance.choice(ENDS)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--generated", type=int)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()

    analyzer = SentimentIntensityAnalyzer()
    generator = generated(random.Random(chosen.seed), analyzer)
    texts = [] if chosen.generated else WRITTEN.split("\n") + ["good bad " * 300]
    texts += [next(generator) for _ in range(chosen.generated or 300)]
    for text in dict.fromkeys(texts):
        scores = analyzer.polarity_scores(text)
        line = [text] + [scores[name] for name in ("compound", "pos", "neu", "neg")]
        json.dump(line, sys.stdout, ensure_ascii=False)
        print()


if __name__ == "__main__":
    main()

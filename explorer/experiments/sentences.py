"""Sentences that the experiments ask about: written for them, of no corpus."""

CAPTIONS = (
    "a man in a red shirt is riding a bike down the street .",
    "two dogs are running through the snow .",
    "a little girl is playing with a ball in the park .",
    "a group of people are sitting at a table .",
    "a woman is cooking food in a kitchen .",
    "a boy in a blue jacket is jumping into a pool .",
    "three men are playing music on a stage .",
    "an old man is sitting on a bench and reading a book .",
    "a young woman is taking a picture of a building .",
    "two children are playing on the beach .",
    "a man with a beard is playing a guitar .",
    "a black dog is catching a ball in the water .",
    "a woman in a white dress is walking down a street .",
    "a soccer player is kicking the ball .",
    "a man is climbing a large rock .",
    "people are standing in front of a store .",
    "a girl in a pink shirt is smiling at the camera .",
    "two men are working on a roof .",
    "a child is sleeping on a couch .",
    "a man and a woman are dancing .",
    "a brown horse is running in a field .",
    "a man in a hat is standing next to a car .",
    "several people are waiting for a train .",
    "a young boy is eating an apple .",
)
"""As people describe pictures, for the runs on captions."""

SPECIFIC = (
    "a man wearing a yellow raincoat is carrying two heavy buckets of fish across the dock .",
    "three young girls in striped dresses are blowing out the candles on a birthday cake .",
    "a waiter is cleaning glasses behind the counter of an empty restaurant at night .",
    "an elderly woman with an umbrella is feeding bread to the pigeons next to a fountain .",
    "a boy with a broken arm is drawing a dragon on the wall of his room .",
    "two mechanics are lying under an old truck while a dog watches them .",
    "a woman is selling flowers and vegetables from a small boat on the river .",
    "a skier in a green helmet is falling over the fence at the end of the race .",
)
"""Captions of unusual scenes, which a model cannot guess."""

"""The colours of classes: Okabe and Ito's, which tell apart with any colour vision.

Source:
    Okabe & Ito (2008), Color Universal Design. Without black, and without the yellow that vanishes
    on white.
"""

BLUE, ORANGE, GREEN, PINK = "#0072b2", "#e69f00", "#009e73", "#cc79a7"
RED, SKY, OLIVE = "#d55e00", "#56b4e9", "#8f7d00"
GREY = "#9aa5b1"
"""Of what belongs to no class."""

CLASSES = (BLUE, ORANGE, GREEN, PINK, RED, SKY, OLIVE)

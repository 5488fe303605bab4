"""``make bench``: how fast and how small, each figure beside a reference of the same run.

One module per group of figures; ``figures`` says what a figure is and when its goal is met,
``groups`` lists the groups in the order in which they are measured. ``bad_clients`` and
``notifications`` are run by hand: they print figures of single questions and judge nothing.
"""

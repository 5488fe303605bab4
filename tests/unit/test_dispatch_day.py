"""A day of 10,000 controls over 100 devices and five primacies, against the brute-force model."""

from __future__ import annotations

import random

from ieee2030_5_agent.model.programs import Assignment
from tests.dispatch_site import MODES, START, Pair, everybody, sfdi

DAY = 86400
STEP = 600  # most schedules are made of such steps
DEVICES, GROUPS = 100, 10
# Kind of program, how many controls of the 10,000 each such program has.
SHARES = {"device": 86, "group": 114, "everybody": 52}


def neighbourhood(chance: random.Random) -> Pair:
    """100 devices; a program for each of them, for each group of ten, and five for everybody."""
    pair = Pair()
    for number in range(DEVICES):
        group = frozenset({f"feeder {number % GROUPS}"})
        category = chance.choice([None, 1, 2, 3])
        pair.add_device(group, resumes=number % 3 == 0, category=category)
    for number in range(DEVICES):
        default = {chance.choice(MODES): number}
        pair.add_program(number % 5, Assignment(devices=frozenset({sfdi(number)})), default)
    for number in range(GROUPS):
        feeder = frozenset({f"feeder {number}"})
        pair.add_program(number % 5, Assignment(groups=feeder), {chance.choice(MODES): 500})
    for primacy in range(5):
        pair.add_program(primacy, everybody())
    return pair


def shares() -> list[int]:
    """For each of the 10,000 controls the number of its program."""
    numbers = list(range(DEVICES)) * SHARES["device"]
    numbers += [DEVICES + number for number in range(GROUPS)] * SHARES["group"]
    numbers += [DEVICES + GROUPS + number for number in range(5)] * SHARES["everybody"]
    return numbers


def draw(chance: random.Random, pair: Pair, program: int, earliest: int) -> None:
    """One control; some are randomised, some begin at any second, some are for a category."""
    modes = chance.sample(MODES, chance.choice([1, 1, 1, 2, 3]))
    odd = chance.random() < 0.02
    start = earliest + chance.randrange(0, max(1, START + DAY - earliest), 1 if odd else STEP)
    pair.create(
        program,
        start,
        chance.choice([1, 61, 1000]) if odd else STEP * chance.choice([1, 2, 3, 6, 12, 24]),
        {mode: chance.randrange(10000) for mode in modes},
        chance.choice([0, -60, 60]) if odd else 0,
        chance.choice([0, 60]) if odd else 0,
        chance.choice([None] * 8 + [1, 2]),
    )


def test_a_day_of_ten_thousand_controls_agrees_with_the_model() -> None:
    chance = random.Random(20305)
    pair = neighbourhood(chance)
    numbers = shares()
    chance.shuffle(numbers)
    assert len(numbers) == 10_000
    for program in numbers[:9_800]:
        draw(chance, pair, program, START)
    acts = {START + STEP * chance.randrange(1, DAY // STEP): 0 for _ in range(40)}
    late, checked = numbers[9_800:], 0
    while True:
        following = min(one.next for one in pair.model.controls) if pair.model.controls else None
        if following is None:
            break
        quiet(chance, pair, following)
        pair.now = max(following, pair.now)
        pair.pass_time()
        if pair.now in acts:
            for program in [late.pop() for _ in range(min(len(late), 10))]:
                draw(chance, pair, program, int(pair.now))
            for number in chance.sample(range(len(pair.controls)), 10):
                pair.cancel(number, chance.random() < 0.5)
        pair.check_in_force()
        checked += 1
        if checked % 25 == 0:
            pair.check_points()
            pair.check_lists()
    assert checked > 400
    assert not any(program.controls for program, _ in pair.programs)
    pair.check_points()


def quiet(chance: random.Random, pair: Pair, following: int) -> None:
    """Between two moments of the model there is no change, at whatever second one looks: nothing
    is told, so nothing has to be compared."""
    told = len(pair.changes)
    for second in sorted({chance.randint(int(pair.now), following - 1), following - 1}):
        if second > pair.now:
            pair.now = second
            pair.fleet.advance(second)
    assert len(pair.changes) == told

"""Garbage is collected without standing still over what lives: in a process of its own, for it concerns all of it."""

import subprocess
import sys

PROGRAM = """
import gc
from kindline.runtime.collecting import settle

class Thing:
    pass

settle()
seen = []
def look(phase, what):
    if phase == "start":
        seen.append(len(gc.get_objects()))

gc.callbacks.append(look)
alive = [[] for _ in range(400_000)]
for _ in range(100_000):
    one, other = Thing(), Thing()
    one.other, other.one = other, one
    del one, other
left = sum(isinstance(each, Thing) for each in gc.get_objects())
print(max(seen) < 5_000, len(seen) > 200, left < 20_000, len(alive))
"""


def test_what_lives_long_is_not_looked_at_again_and_young_garbage_is_still_found() -> None:
    """With 400,000 objects alive no collection looks at more than 5,000; cycles that die young are freed."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60.0, check=True)
    assert done.stdout.split() == ["True", "True", "True", "400000"]


IN_HAND = """
import collections, gc
from kindline.runtime.collecting import settle

class Call:
    pass

settle()
in_hand = collections.deque(maxlen=300)
for _ in range(200_000):
    asking, answering = Call(), Call()
    asking.other, answering.other = answering, asking
    in_hand.append(asking)
print(sum(isinstance(each, Call) for each in gc.get_objects()) < 10_000)
gc.unfreeze()
print(sum(isinstance(each, Call) for each in gc.get_objects()) < 10_000)
"""


def test_garbage_that_was_still_in_hand_when_it_was_first_looked_at_is_found_later() -> None:
    """Of 200,000 calls that each hold themselves, 300 at a time in hand, no more than 5,000 are ever in memory."""
    done = subprocess.run([sys.executable, "-c", IN_HAND], capture_output=True, text=True, timeout=60.0, check=True)
    assert done.stdout.split() == ["True", "True"]


REPLACING = """
import gc
from kindline.runtime.collecting import look_through, settle

settle()
old = [[] for _ in range(400_000)]
seen = []
gc.callbacks.append(lambda phase, what: seen.append(len(gc.get_objects())) if phase == "start" else None)
new = []
for number in range(400_000):
    old.pop()
    new.append([])
    if number % 2_000 == 0:
        look_through()
more = [[] for _ in range(20_000)]
print(max(seen) < 40_000, len(new), len(more))
"""


def test_work_that_makes_as_much_as_it_drops_is_looked_through_a_little_at_a_time() -> None:
    """400,000 objects take the place of as many others, and nobody is held up in the end to look at all of them."""
    done = subprocess.run([sys.executable, "-c", REPLACING], capture_output=True, text=True, timeout=60.0, check=True)
    assert done.stdout.split() == ["True", "400000", "20000"]


MEANWHILE = """
import gc, sys, threading, time
from kindline.runtime.collecting import settle

sys.setswitchinterval(1e-6)
settle()
until = time.monotonic() + 2.0

def collect():
    while time.monotonic() < until:
        gc.collect()

other = threading.Thread(target=collect)
other.start()
made = 0
while time.monotonic() < until:
    made += len(tuple([number] for number in range(400)))
other.join()
print(made > 400)
"""


def test_what_one_thread_is_just_making_is_held_by_nobody_while_another_looks_for_garbage() -> None:
    """A fact that is decoded while a thread of the broker's client collects garbage is decoded all the same."""
    done = subprocess.run([sys.executable, "-c", MEANWHILE], capture_output=True, text=True, timeout=60.0, check=True)
    assert done.stdout.split() == ["True"]

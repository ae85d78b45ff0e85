"""The gate before password hashing."""

import threading
import time

from accounts.gate import FairGate


def test_a_full_gate_refuses_after_the_wait() -> None:
    gate = FairGate(1, waiting=99)
    assert gate.enter(0)
    assert not gate.enter(0.01)


def test_a_place_left_is_free_again() -> None:
    gate = FairGate(2, waiting=99)
    for _round in range(5):
        assert gate.enter(0)
        assert gate.enter(0)
        assert not gate.enter(0)
        gate.leave()
        gate.leave()


def test_whoever_waits_longest_is_next() -> None:
    gate = FairGate(1, waiting=99)
    gate.enter(0)
    order: list[int] = []

    def wait(number: int) -> None:
        assert gate.enter(10)
        order.append(number)
        gate.leave()

    threads = []
    for number in range(8):
        thread = threading.Thread(target=wait, args=(number,))
        thread.start()
        threads.append(thread)
        while len(gate._queue) <= number:
            time.sleep(0.001)
    gate.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_never_more_inside_than_places() -> None:
    gate = FairGate(3, waiting=99)
    inside, most, lock = 0, 0, threading.Lock()

    def visit() -> None:
        nonlocal inside, most
        assert gate.enter(30)
        with lock:
            inside += 1
            most = max(most, inside)
        with lock:
            inside -= 1
        gate.leave()

    threads = [threading.Thread(target=visit) for _number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most <= 3
    assert inside == 0


def test_a_full_queue_refuses_at_once() -> None:
    gate = FairGate(1, waiting=0)
    assert gate.enter(0)
    assert not gate.enter(60)

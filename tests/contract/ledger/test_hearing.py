"""Who asks a client of librdkafka, and when it may be closed."""

import threading

from kindline.ledger.confluent.hearing import Askers


def test_a_client_may_be_closed_when_all_who_asked_it_are_back_and_not_only_the_last() -> None:
    """An early question may outlast a later one, and to close a client under it may end the process."""
    askers, early, late = Askers(), threading.Event(), threading.Event()
    assert askers.are_back(0.0)
    askers.went(early)
    askers.went(late)
    late.set()
    assert not askers.are_back(0.05)
    early.set()
    assert askers.are_back()

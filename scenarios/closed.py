"""ClosedUsers: a fixed number of users who each wait for a reply, think, and ask again."""

from __future__ import annotations

from dataclasses import dataclass, field

from scenarios.think_time import ThinkTime


@dataclass(frozen=True, slots=True)
class ClosedUsers:
    """A closed load: `users` of them at 1x. A slow target is asked less, so its latencies are kinder than the truth.

    No request waits for another of its own user, hence queues never grow beyond the number of users. That is right for
    a fixed set of workers or devices, and wrong for the public: use it for what it is, never to promise open traffic.
    """

    users: int
    think_time: ThinkTime = field(default_factory=ThinkTime)

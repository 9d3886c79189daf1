"""What service refuses."""

from app.kernel.errors import Conflict, Refused


class OnTheBench(Conflict):
    """The robot has an open ticket already; the link leads there."""

    code = "on_the_bench"


class WrongRobot(Conflict):
    """What was scanned is not the robot of this ticket."""

    code = "wrong_robot"


class TicketOver(Conflict):
    """The ticket is closed or cancelled: it stands as it is."""

    code = "ticket_over"


class NotAuthorised(Refused):
    """The maker has not let this store do the operation; the sentence names what it may cost."""

    code = "not_authorised"


class NewerVersion(Conflict):
    """The estimate was replaced by a newer version; the link leads there."""

    code = "newer_version"

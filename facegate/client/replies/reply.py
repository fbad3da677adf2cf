"""What every reply has in common: frozen, read as it was sent, tolerant of what a newer service adds."""

from pydantic import BaseModel, ConfigDict


class Reply(BaseModel):
    """A body that the service answered.

    Fields that this client does not know are left out: a newer service may say more. A field that is missing
    or of another type is a fault of the service, never guessed. ``None`` means not recorded, not known or not
    yet there; never zero.
    """

    # Errors never repeat what was answered: a reply may hold a secret.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, hide_input_in_errors=True)


class Recorded(Reply):
    """Something was put on the log.

    Parameters
    ----------
    record : int
        Its place there, from 0: what a receipt can be asked for.
    """

    record: int

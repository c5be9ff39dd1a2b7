"""The portal's people, bots among them, as v2 and v1 describe them."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.emulator.options import Options
from bot.emulator.php import Json

ADMIN_ID = 1


@dataclass(slots=True)
class User:
    """Somebody with an id: an employee, an outsider or a bot."""

    id: int
    name: str
    last_name: str = ""
    time_zone: str = ""  # IANA; empty when he never chose one
    admin: bool = False
    active: bool = True
    extranet: bool = False
    bot: bool = False
    connector: bool = False  # an outside customer who writes through an open line
    gender: str = "F"
    work_position: str = ""
    email: str = ""
    language: str = ""  # empty: the portal's
    work_time_end: str = "18.00"  # as the calendar's settings write it
    kind: str = ""  # overrides the `type` that v2 derives
    external_auth: str = ""  # overrides externalAuthId

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.last_name}".strip()

    def clock(self, options: Options) -> ZoneInfo:
        """Return the zone in which the calendar shows times to this person."""
        return ZoneInfo(self.time_zone or options.default_zone or options.server_zone)

    @property
    def departments(self) -> list[int]:
        return [] if self.extranet else [1, 5]

    @property
    def intranet(self) -> bool:
        """Is a colleague in the sense of the calendar's staff check (contract G.3)."""
        return not (self.extranet or self.connector)


def describe(user: User, options: Options) -> dict[str, Json]:
    """Return the user object of v2 (contract E.3); presence and dates there never say anything."""
    return {
        "id": user.id,
        "active": user.active,
        "name": user.full_name,
        "firstName": user.name,
        "lastName": user.last_name,
        "workPosition": user.work_position,
        "color": "#df532d",
        "avatar": "",
        "gender": user.gender,
        "birthday": "",
        "extranet": user.extranet,
        "bot": user.bot,
        "connector": user.connector,
        "externalAuthId": user.external_auth or ("bot" if user.bot else "default"),
        "status": "online",
        "idle": False,
        "lastActivityDate": False,
        "mobileLastDate": False,
        "desktopLastDate": False,
        "absent": False,
        "departments": user.departments,
        "phones": False,
        "type": user.kind or _kind(user, options),
        "website": "",
        "email": user.email,
    }


def _kind(user: User, options: Options) -> str:
    if user.bot:
        return "bot"
    return "extranet" if user.extranet else options.staff_type


def describe_v1(user: User, *, flags: bool) -> dict[str, Json]:
    """Return the `USER` block of v1 (contract F.2); only message events carry the `IS_*` flags."""
    block: dict[str, Json] = {
        "ID": user.id,
        "NAME": user.full_name,
        "FIRST_NAME": user.name,
        "LAST_NAME": user.last_name,
        "WORK_POSITION": user.work_position,
        "GENDER": user.gender,
    }
    if flags:
        marks = {"IS_BOT": user.bot, "IS_CONNECTOR": user.connector, "IS_NETWORK": False, "IS_EXTRANET": user.extranet}
        block |= {key: yes_no(value=value) for key, value in marks.items()}
    return block


def yes_no(*, value: bool) -> str:
    return "Y" if value else "N"

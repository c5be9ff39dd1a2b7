"""Who somebody is and what he connected: userinfo, profiles, calendars (section 3)."""

from bot.emulator.answers import Response
from bot.emulator.cronofy.accounts import Profile, places_of
from bot.emulator.cronofy.answers import Refusal, json_answer
from bot.emulator.cronofy.oauth import Authorization
from bot.emulator.cronofy.options import Options
from bot.emulator.php import Json


class Identity:
    """Describes accounts to applications."""

    def __init__(self, options: Options) -> None:
        """Link profiles to the pages of `options`."""
        self._options = options

    def userinfo(self, caller: Authorization) -> Response:
        account = caller.account
        return json_answer(
            200,
            {
                "sub": account.id,
                "email": account.email,
                "name": account.name,
                "zoneinfo": account.zone,
                "cronofy.type": "account",
                "cronofy.data": {
                    "authorization": {"scope": caller.scope, "status": "active"},
                    "profiles": self._profiles(caller),
                    "conferencing_profiles": [],
                },
            },
        )

    def profiles(self, caller: Authorization) -> Response:
        return json_answer(200, {"profiles": self._profiles(caller)})

    def calendars(self, caller: Authorization) -> Response:
        described = [
            {
                "provider_name": place.profile.provider,
                "profile_id": place.profile.id,
                "profile_name": place.profile.name,
                **place.calendar.described(),
            }
            for place in places_of(caller.account)
        ]
        return json_answer(200, {"sub": caller.account.id, "calendars": described})

    def revoke_profile(self, caller: Authorization, profile_id: str) -> Response:
        """Forget one profile with its calendars (section 2.4).

        Raises:
            Refusal: 404.
        """
        for profile in caller.account.live:
            if profile.id == profile_id:
                profile.revoked = True
                return Response(202)
        raise Refusal(404)

    def _profiles(self, caller: Authorization) -> list[Json]:
        return [self._described(profile) for profile in caller.account.live]

    def _described(self, profile: Profile) -> dict[str, Json]:
        relink = f"{self._options.app_origin}/relink/{profile.id}"
        return {
            "provider_name": profile.provider,
            "provider_service": profile.service,
            "profile_id": profile.id,
            "profile_name": profile.name,
            "profile_connected": profile.connected,
            "profile_initial_sync_required": profile.initial_sync_required,
            **({} if profile.connected else {"profile_relink_url": relink}),
            "profile_calendars": [calendar.described() for calendar in profile.calendars],
        }

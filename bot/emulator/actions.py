"""Named actions of the emulator's own API: arguments are validated, and what is wrong with them is said in words."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError, validate_call

from bot.emulator.php import Json, Params

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def perform(
    actions: Mapping[str, Callable[..., object]], name: str, arguments: Params, shown: Callable[[object], Json]
) -> tuple[int, Json]:
    """Do something and return status and answer.

    Args:
        actions: What can be done, by name.
        name: Of the action.
        arguments: By the names of its parameters.
        shown: Turns a result into what the outside may see of it.
    """
    if name not in actions:
        return 404, {"error": f"no such action: {name}"}
    try:
        result = validate_call(actions[name])(**arguments)
    except ValidationError as wrong:
        return 400, {"error": "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in wrong.errors())}
    except KeyError as missing:
        return 400, {"error": f"there is no {missing.args[0]}"}
    except (LookupError, ValueError, OverflowError, PermissionError) as wrong:
        return 400, {"error": str(wrong)}
    return 200, {"result": shown(result)}


def change_options(options: "DataclassInstance", changes: Params) -> None:
    """Set fields of `options`.

    Raises:
        ValueError: There is no such field, or it cannot have that value; nothing is changed then.
    """
    known = {field.name: getattr(options, field.name) for field in dataclasses.fields(options)}
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ValueError(f"no such option: {', '.join(unknown)}")
    checked = TypeAdapter(type(options)).validate_python({**known, **changes})
    for name in changes:
        setattr(options, name, getattr(checked, name))

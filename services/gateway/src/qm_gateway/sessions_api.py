"""``/v1/sessions``: which sessions there are, and how they shall go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated, Any, Final, Literal, Self

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, model_validator

from qm_gateway.services import GatewayServices, services_of
from qmcore.contracts.bus_messages import FINAL_STATES, ControlCommand, Pace, SessionStatus, Speed
from qmcore.contracts.messages import Message
from qmcore.contracts.problems import Problem
from qmcore.contracts.subjects import check_session_id, control_subject, status_subject
from qmcore.errors import Conflict, NotFound, Unavailable
from qmcore.sessions import Wish

EFFECT_S: Final = 2.0
"""How long an answer waits for the engine to say that it has followed."""

router = APIRouter(prefix="/v1", tags=["sessions"])


class SessionAction(Message):
    """Body of ``POST /v1/sessions/{id}``."""

    action: Literal["pause", "resume", "speed", "stop", "restart"]
    speed: Speed | None = Field(
        None, description="market seconds in one second, or max; required by speed, possible with restart"
    )

    @model_validator(mode="after")
    def _speed_where_it_belongs(self) -> Self:
        if self.action == "speed" and self.speed is None:
            raise ValueError("action 'speed' needs a speed")
        if self.action in ("pause", "resume", "stop") and self.speed is not None:
            raise ValueError(f"action '{self.action}' takes no speed")
        return self


def _services(request: Request) -> GatewayServices:
    return services_of(request.app)


Services = Annotated[GatewayServices, Depends(_services)]
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "no such session"},
    409: {"model": Problem, "description": "the session is over"},
    503: {"model": Problem, "description": "a broker cannot be reached now"},
}


async def status_of_session(services: GatewayServices, session_id: str) -> SessionStatus:
    """Raises NotFound, listing the sessions that there are."""
    check_session_id(session_id)
    status = await services.directory.status(session_id)
    if status is None:
        there = [s.session_id for s in await services.directory.sessions()]
        raise NotFound(kind="session", name=session_id, available=there)
    return status


@router.get("/sessions", summary="List sessions", responses={503: PROBLEMS[503]})
async def list_sessions(services: Services) -> list[SessionStatus]:
    """Newest first; finished ones stay for a while."""
    return await services.directory.sessions()


@router.get(
    "/sessions/{session_id}", summary="One session", responses={404: PROBLEMS[404], 503: PROBLEMS[503]}
)
async def get_session(services: Services, session_id: str) -> SessionStatus:
    """State, progress and lag, as the engine said them last."""
    return await status_of_session(services, session_id)


@router.post(
    "/sessions/{session_id}",
    summary="Pause, resume, speed, stop or restart",
    responses={
        202: {"model": SessionStatus, "description": "taken, but no engine has followed yet"},
        **PROBLEMS,
    },
)
async def control_session(
    services: Services, session_id: str, action: SessionAction, response: Response
) -> SessionStatus:
    """For all its viewers. Answers when the engine has followed; ``restart`` answers with the new session."""
    status = await status_of_session(services, session_id)
    if action.action == "restart":
        return await _restart(services, status, action.speed)
    if status.state in FINAL_STATES:
        raise Conflict(f"session {session_id} is {status.state} ({status.reason}); restart makes a new one")
    wish = _wish_after(await services.directory.wish(session_id) or Wish(), action)
    command = ControlCommand(action=action.action, speed=action.speed)
    followed = await _send(services, session_id, command, wish)
    if followed is None:
        response.status_code = 202
        return status
    return followed


def _wish_after(wish: Wish, action: SessionAction) -> Wish:
    match action.action:
        case "stop":
            return Wish(pace=wish.pace, stop="stopped by request")
        case "speed":
            assert action.speed is not None  # the model sees to it
            return Wish(pace=Pace(speed=action.speed, paused=wish.pace.paused))
        case _:
            return Wish(pace=Pace(speed=wish.pace.speed, paused=action.action == "pause"))


async def _send(
    services: GatewayServices, session_id: str, command: ControlCommand, wish: Wish
) -> SessionStatus | None:
    """Write the wish down, tell the engine, and wait until its status says that it has followed."""
    followed: asyncio.Future[SessionStatus] = asyncio.get_running_loop().create_future()

    def hear(status: SessionStatus) -> None:
        done = status.state == "stopped" if wish.stop else status.pace == wish.pace
        if done and not followed.done():
            followed.set_result(status)

    listening = await services.bus.on_message(status_subject(session_id), SessionStatus, hear)
    try:
        await services.bus.flush()
        await services.directory.set_wish(session_id, wish)
        await services.bus.publish_model(control_subject(session_id), command)
        with suppress(TimeoutError):
            async with asyncio.timeout(EFFECT_S):
                return await followed
        return None
    finally:
        await services.bus.unsubscribe(listening)


async def _restart(services: GatewayServices, status: SessionStatus, speed: Speed | None) -> SessionStatus:
    start = await services.directory.start_of(status.session_id)
    if start is None:
        raise NotFound(kind="session", name=status.session_id)
    current = await services.directory.session_of(status.serving_id)
    if current != status.session_id:
        raise Conflict(f"session {status.session_id} was replaced by {current} already")
    started = await services.starter.start(
        start.serving, start.serving_name, instead_of=current, speed=speed or services.settings.session_speed
    )
    if started is None:
        raise Conflict(f"session {status.session_id} is being replaced by somebody else")
    if status.state not in FINAL_STATES:
        reason = f"restarted as session {started.session_id}"
        with suppress(Unavailable):
            await services.directory.set_wish(status.session_id, Wish(pace=status.pace, stop=reason))
            await services.bus.publish_model(
                control_subject(status.session_id), ControlCommand(action="stop", reason=reason)
            )
    return started

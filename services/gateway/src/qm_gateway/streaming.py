"""``/v1/stream``: one viewer's WebSocket, from the handshake to the end."""

from __future__ import annotations

import logging

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.websockets import WebSocketState

from qm_gateway.admission import Admission, Refusal, admit
from qm_gateway.frames import PreparedBin, text_frame
from qm_gateway.services import GatewayServices, services_of
from qm_gateway.upstream import Upstream
from qm_gateway.viewer import Viewer
from qm_gateway.viewer_cursor import ViewerCursor
from qm_gateway.ws_protocol import LINK, ViewerLink
from qmcore.bus import StreamReader
from qmcore.contracts.bus_messages import GRID_KIND_HEADER, GridKind, SessionStatus
from qmcore.contracts.close_codes import POLICY, TRY_AGAIN
from qmcore.contracts.runtime_config import runtime_config_message
from qmcore.contracts.subjects import grid_bin_seq, grid_sequence, grid_stream
from qmcore.errors import BadInput, QmError, Unavailable

log = logging.getLogger(__name__)

router = APIRouter()


@router.websocket("/v1/stream")
async def stream(websocket: WebSocket) -> None:
    """Text ``runtime_config`` once, then per bin text ``grid_update`` and its Arrow stream; at last ``session_end``."""
    services = services_of(websocket.app)
    admission = admit(websocket.scope["query_string"], websocket.scope["subprotocols"])
    # Accept first: a page's script cannot read why a handshake was rejected, but it can read a close reason.
    await websocket.accept(subprotocol=admission.subprotocol)
    link: ViewerLink = websocket.scope["extensions"][LINK]
    if isinstance(admission, Refusal):
        services.metrics.refused()
        link.close(POLICY, admission.reason)
    else:
        try:
            await _watch(websocket, link, services, admission)
        except Unavailable as error:
            log.warning("viewer turned away: %s", error)
            link.close(TRY_AGAIN, f"try again: {error}")
        except BadInput as error:
            services.metrics.refused()
            link.close(POLICY, str(error))
        except QmError as error:
            log.error("viewer turned away: %s", error)
            link.close(POLICY, str(error))
        except WebSocketDisconnect:
            return
    await _until_gone(websocket)


async def _watch(
    websocket: WebSocket, link: ViewerLink, services: GatewayServices, admission: Admission
) -> None:
    serving = await services.resolver.resolve(admission.serving)
    session = await services.starter.session_for(serving, admission.serving)
    async with services.hub.upstream(session.session_id) as upstream:
        resumes = admission.resume if _fits(admission, session) else None
        newest = upstream.newest_bin
        first = upstream.first_for_new_viewer() if resumes is None else resumes.bin_seq + 1
        config = runtime_config_message(
            serving, admission.serving, session.session_id, state=session.state, bin_seq=newest
        )
        link.write(text_frame(config.model_dump_json(by_alias=True).encode()))
        if first < upstream.first_bin:
            first = await _send_past(link, services, upstream, first)
        cursor = ViewerCursor(
            first=first,
            backfill_through=newest,
            queue_bins=services.settings.viewer_queue_bins,
            slow_close_s=services.settings.slow_close_seconds,
        )
        viewer = Viewer(link, cursor, services.metrics)
        with services.hub.attached(upstream, viewer):
            await _until_gone(websocket)


def _fits(admission: Admission, session: SessionStatus) -> bool:
    """Whether what the viewer has is of this session."""
    return admission.resume is not None and admission.resume.session_id == session.session_id


async def _send_past(link: ViewerLink, services: GatewayServices, upstream: Upstream, first: int) -> int:
    """Bins from ``first`` on that the ring no longer has, straight from the broker; answers which one comes next."""
    stream_name = grid_stream(upstream.session_id)
    async with StreamReader(services.bus, stream_name, start=grid_sequence(first), batch=16) as reader:
        while first < upstream.first_bin:
            for message in await reader.take():
                bin_seq = grid_bin_seq(message.sequence)
                if message.headers.get(GRID_KIND_HEADER) != GridKind.BIN or bin_seq < first:
                    continue
                prepared = PreparedBin(bin_seq, message.data)
                link.write(prepared.text(backfill=True, dropped=bin_seq - first))
                link.write(prepared.binary)
                first = bin_seq + 1
                if not await link.wait_writable():
                    raise WebSocketDisconnect
    return first


async def _until_gone(websocket: WebSocket) -> None:
    """Wait until the viewer leaves or is closed; what viewers send is ignored."""
    while websocket.client_state is not WebSocketState.DISCONNECTED:
        await websocket.receive()

"""Settings of the gateway."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from qmcore.contracts.bus_messages import Speed
from qmcore.service.tracing import TracedSettings


class GatewaySettings(TracedSettings):
    """Read from ``QM_<FIELD>``."""

    gateway_host: str = Field("127.0.0.1", description="address to listen on")
    gateway_port: int = Field(
        8002, ge=0, le=65535, description="port of pages, REST and WebSockets; 0: a free one"
    )
    registry_endpoint: str = Field("http://127.0.0.1:8003", description="the registry's REST")
    harness_endpoint: str = Field("http://127.0.0.1:8004", description="the harness's REST")
    frontend_dist: Path | None = Field(
        None, description="folder of the built pages; without it there are none"
    )
    session_speed: Speed = Field(
        1.0, description="pace of new sessions: market seconds in one second, or max"
    )
    backfill_bins: int = Field(
        600, ge=0, le=20_000, description="bins of the recent past that a new viewer gets"
    )
    viewer_queue_bins: int = Field(64, ge=1, le=10_000, description="live bins that may wait for one viewer")
    viewer_socket_bytes: int = Field(
        1 << 18, ge=1 << 14, description="bytes that the system may hold for one viewer's connection"
    )
    slow_close_seconds: float = Field(
        10.0, gt=0, description="a viewer that stays behind for so long is closed"
    )
    idle_seconds: float = Field(30.0, gt=0, description="a session without viewers stops after this time")
    bins_request_limit: int = Field(
        6000, ge=1, description="most bins in one answer of GET /v1/sessions/{id}/bins"
    )

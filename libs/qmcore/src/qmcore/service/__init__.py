"""What every service process has: settings from the environment, logs, readiness, health endpoints, a clean end."""

from qmcore.service.access import AccessSettings, install_access
from qmcore.service.answers import install_problem_answers
from qmcore.service.http import HttpServer, health_app, health_routes, make_server
from qmcore.service.logs import configure_logs, session_log_context
from qmcore.service.metrics import ServiceMetrics
from qmcore.service.readiness import Readiness
from qmcore.service.runner import run_command, run_service
from qmcore.service.settings import ServiceSettings, load_settings

__all__ = [
    "AccessSettings",
    "HttpServer",
    "Readiness",
    "ServiceMetrics",
    "ServiceSettings",
    "configure_logs",
    "health_app",
    "health_routes",
    "install_access",
    "install_problem_answers",
    "load_settings",
    "make_server",
    "run_command",
    "run_service",
    "session_log_context",
]

"""Workflows from Python: run steps, or only tell what happened, and have it reach whoever wants it.

    emitter = create_cli_emitter()
    steps = [CallStep("test", "shop", run_tests), create_step("report")]
    asyncio.run(PipelineRunner("nightly", steps, emitter=emitter).run())

Public: these names keep their meaning within 1.x. Importing them loads no network library.
"""

from __future__ import annotations

from .emitter import create_cli_emitter, create_event_log
from .events import EventEmitter, EventListener, WorkflowEvent
from .log import EventLog
from .pipeline import PipelineResult, PipelineRunner
from .steps import (
    STEP_REGISTRY,
    CallStep,
    Context,
    ReportStep,
    Step,
    StepResult,
    create_step,
    register_step,
)
from .webhook import Outlet, Webhook, WebhookListener

__all__ = [
    "STEP_REGISTRY",
    "CallStep",
    "Context",
    "EventEmitter",
    "EventListener",
    "EventLog",
    "Outlet",
    "PipelineResult",
    "PipelineRunner",
    "ReportStep",
    "Step",
    "StepResult",
    "Webhook",
    "WebhookListener",
    "WorkflowEvent",
    "create_cli_emitter",
    "create_event_log",
    "create_step",
    "register_step",
]
